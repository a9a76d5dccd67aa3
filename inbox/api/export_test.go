package api

import "time"

// SetPace makes the server's streams quicker than people would bear.
func (s *Server) SetPace(beat, check time.Duration) { s.pace = pace{beat: beat, check: check} }

// Document is the contract.
func Document() []byte { return document }
