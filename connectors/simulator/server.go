package simulator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Server is where a simulator is reached, and all that goes on in it until Close.
type Server struct {
	name     string
	listener net.Listener
	http     *http.Server
	ctx      context.Context
	stop     context.CancelFunc
	mu       sync.Mutex // held where running grows
	running  sync.WaitGroup
}

// Listen takes the address for the simulator of that name. Who calls waits until Serve.
func Listen(name, address string) (*Server, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s: listen on %s: %w", name, address, err)
	}
	s := &Server{name: name, listener: listener, http: &http.Server{ReadHeaderTimeout: 10 * time.Second}}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.http.BaseContext = func(net.Listener) context.Context { return s.ctx }
	return s, nil
}

// Serve begins to answer.
func (s *Server) Serve(handler http.Handler, logger *slog.Logger) {
	s.http.Handler, s.http.ErrorLog = handler, slog.NewLogLogger(logger.Handler(), slog.LevelDebug)
	s.Go(func() {
		if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
			logger.Error("a simulator stopped serving", "simulator", s.name, "err", err)
		}
	})
}

// Go does something that Close waits for, in a goroutine of its own. After Stop it is
// not begun.
func (s *Server) Go(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() == nil {
		s.running.Go(do)
	}
}

// Stop ends the Context.
func (s *Server) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop()
}

// Close stops serving and waits for all that Go began.
func (s *Server) Close() error {
	s.Stop()
	err := s.http.Close()
	s.running.Wait()
	return err
}

// Context ends with Stop or Close, and with it the context of every request.
func (s *Server) Context() context.Context { return s.ctx }

// URL is where the simulator is reached.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() }

// ServeHTTP lets something stand in front of the simulator.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.http.Handler.ServeHTTP(w, r) }
