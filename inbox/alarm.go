package inbox

import "time"

// AlarmState is how far an alarm has come.
type AlarmState string

// The states of an alarm.
const (
	AlarmRinging   AlarmState = "ringing"   // contacts are being reached, one after the other and again, until one confirms
	AlarmConfirmed AlarmState = "confirmed" // a contact, or a member, has taken note
)

// Alarm is an urgent report on its way to those who must hear of it. Every step
// stays on record.
type Alarm struct {
	Conversation ConversationID `json:"conv"`
	Code         string         `json:"code"`
	RangAt       time.Time      `json:"rang"`
	Round        int            `json:"round"` // how often all contacts were gone through
	Next         int            `json:"next"`  // who is reached next
	Steps        []AlarmStep    `json:"steps,omitempty"`
	TokenHash    string         `json:"token,omitempty"` // of the link by which a contact without an account confirms
	ConfirmedAt  time.Time      `json:"confirmed,omitzero"`
	ConfirmedBy  string         `json:"by,omitempty"` // name of a contact or a member
}

// AlarmStep is one try to reach somebody.
type AlarmStep struct {
	At      time.Time `json:"at"`
	To      string    `json:"to"`              // name of the contact
	Way     string    `json:"way"`             // "desk", "webhook", …
	Trouble string    `json:"err,omitempty"`   // why it failed, in Vietnamese; empty: it was handed over
	Point   string    `json:"point,omitempty"` // the number or address
}

// AlarmsOf keeps the alarm of a conversation under its id.
const AlarmsOf Shelf[Alarm] = "alarm"
