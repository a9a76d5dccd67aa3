package transfer

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"tongdai/inbox"
	"tongdai/inbox/store/record"
)

func TestLines(t *testing.T) {
	at := time.Date(2026, 11, 21, 7, 8, 9, 10, time.FixedZone("", 7*3600))
	member, _ := record.Members.Encode(inbox.Member{ID: "m1", Login: "lan", Name: "Lan <&> 🌧", PasswordHash: "hash", MustChange: true, CreatedAt: at})
	text, photo := inbox.Raw{ID: "r1"}, inbox.Raw{ID: "r2"}
	text.Channel, text.ReceivedAt, text.Body = "web", at, []byte(`{"a":"đ"}`)
	photo.Body = []byte{0xFF, 0xD8}
	textRecord, _ := record.Raws.Encode(text)
	photoRecord, _ := record.Raws.Encode(photo)
	turn, _ := record.Turns.Encode(inbox.Turn{Message: "m", Took: 3 * time.Millisecond, Confidence: 0.25})
	message := inbox.Message{ID: "m", Seq: 7, Delivery: inbox.Delivery{Attempts: 2}}
	message.Content.Text = "\u2028\x00"
	messageRecord, _ := record.Messages.Encode(message)
	task, _ := record.Tasks.Encode(inbox.Task{ID: "t", Kind: inbox.Turns})
	for _, tt := range []struct {
		name string
		kind Kind
		item Item
		want string
	}{
		{"an account, without its hash", Members, Item{[]byte("m1"), member},
			`{"id":"m1","login":"lan","name":"Lan <&> 🌧","mustChange":true,"createdAt":"2026-11-21T00:08:09.00000001Z"}`},
		{"a body of text", Raws, Item{[]byte("r1"), textRecord},
			`{"id":"r1","channel":"web","receivedAt":"2026-11-21T00:08:09.00000001Z","body":"{\"a\":\"đ\"}"}`},
		{"a body of bytes", Raws, Item{[]byte("r2"), photoRecord}, `{"id":"r2","bodyBase64":"/9g="}`},
		{"spans and shares", Turns, Item{[]byte("m"), turn}, `{"message":"m","took":3000000,"confidence":0.25}`},
		{"what stands within", Messages, Item{Numbered("c", 7), messageRecord},
			`{"id":"m","seq":7,"content":{"text":"\u2028\u0000"},"delivery":{"attempts":2}}`},
		{"a task with its place", Tasks, Item{Number(12), task}, `{"number":12,"id":"t","kind":"turn"}`},
		{"a short key", Remembered, Item{record.Key("web", "said", "v1"), record.Seal([]byte{1, 0xAB})},
			`{"parts":["web","said","v1"],"sum":"01ab"}`},
		{"a key that is no text", Remembered, Item{record.Key("web", "\xff"), record.Seal(nil)}, `{"keyBase64":"azM6d2ViMTr/","sum":""}`},
		{"codes of a day", Codes, Item{record.Key("TH", "261121"), Number(42)}, `{"prefix":"TH","day":"261121","last":42}`},
		{"a counter", Counters, Item{[]byte(LastEvent), Number(9)}, `{"name":"last event","n":9}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, s := range shapes {
				if s.kind != tt.kind {
					continue
				}
				v, err := s.plain(tt.item)
				if err != nil {
					t.Fatal(err)
				}
				var got bytes.Buffer
				if err := appendPlain(&got, v); err != nil || got.String() != tt.want {
					t.Errorf("%v\n%s\nwant\n%s", err, got.String(), tt.want)
				}
				if !json.Valid(got.Bytes()) {
					t.Error("it is not JSON")
				}
			}
		})
	}
}

func TestFieldNames(t *testing.T) {
	for name, want := range map[string]string{"ID": "id", "LastSeq": "lastSeq", "URL": "url", "URLPath": "urlPath", "N": "n", "At": "at"} {
		if got := fieldName(name); got != want {
			t.Errorf("%s is called %s, want %s", name, got, want)
		}
	}
}

func TestAFieldThatNoExportKnowsIsAnError(t *testing.T) {
	if err := appendPlain(new(bytes.Buffer), struct{ M map[string]int }{map[string]int{"a": 1}}); err == nil {
		t.Error("a map was written, in which order?")
	}
}

func TestDamagedKeysAreErrors(t *testing.T) {
	task, _ := record.Tasks.Encode(inbox.Task{ID: "t"})
	for kind, it := range map[Kind]Item{
		Tasks: {[]byte("short"), task}, Codes: {record.Key("TH"), Number(1)}, Counters: {[]byte("x"), []byte{1}}, Remembered: {record.Key("a"), []byte{1}},
	} {
		for _, s := range shapes {
			if s.kind == kind {
				if v, err := s.plain(it); err == nil {
					t.Errorf("%s: %+v", kind, v)
				}
			}
		}
	}
}
