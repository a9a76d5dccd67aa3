package inbox_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/inbox"
)

// registry is a platform that tells who people are, and counts how often.
type registry struct {
	*platform
	mu     sync.Mutex
	answer func(n int, user connectors.RemoteID) (connectors.Profile, error)
	asked  []time.Time
}

func (p *registry) Profile(_ context.Context, user connectors.RemoteID) (connectors.Profile, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, time.Now())
	return p.answer(len(p.asked), user)
}

func (p *registry) tells(answer func(n int, user connectors.RemoteID) (connectors.Profile, error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = answer
}

func (p *registry) times() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.asked)
}

func named(name string) func(int, connectors.RemoteID) (connectors.Profile, error) {
	return func(int, connectors.RemoteID) (connectors.Profile, error) {
		return connectors.Profile{Name: name, Phone: "0912345678"}, nil
	}
}

// registered is a hub at work whose platform tells names.
func registered(t *testing.T, test func(r *rig, p *registry)) {
	t.Helper()
	idle(t, func(r *rig) {
		p := &registry{platform: r.platform, answer: named("Trần Thị Mẫu")}
		r.connect(p, r.chat)
		r.start()
		test(r, p)
	})
}

func (r *rig) contact(c inbox.Conversation) (found inbox.Contact) {
	r.Helper()
	r.read(func(tx inbox.Reader) (err error) {
		found, err = tx.Contact(c.Contact)
		return err
	})
	return found
}

func TestAPersonsNameIsAskedForOnce(t *testing.T) {
	registered(t, func(r *rig, p *registry) {
		var live []inbox.EventKind
		c := r.say(zalo, "u1", "xin chào")
		r.pass(time.Second)
		if name := r.again(c.ID).ContactName; name != "Trần Thị Mẫu" {
			t.Errorf("the list shows %q", name)
		}
		if k := r.contact(c); k.Name != "Trần Thị Mẫu" || k.Phone != "0912345678" {
			t.Errorf("the contact is %+v", k)
		}
		for e, err := range r.store.Follow(r.ctx(), 0) {
			if err != nil {
				t.Fatal(err)
			}
			live = append(live, e.Kind)
			if e.Kind == inbox.ConversationChanged && e.Conversation == c.ID {
				break // the desk is told
			}
		}
		r.say(zalo, "u1", "còn nữa")
		r.say(web, "v1", "xin chào")
		r.pass(time.Hour)
		if n := p.times(); n != 1 {
			t.Errorf("asked %d times, events %v", n, live)
		}
	})
}

func TestANameIsAskedForAgainWithTheFirstMatterAfterAMonth(t *testing.T) {
	registered(t, func(r *rig, p *registry) {
		r.say(zalo, "u1", "xin chào")
		r.pass(29 * 24 * time.Hour)
		r.say(zalo, "u1", "lại là tôi") // the first matter was closed long ago
		r.pass(time.Second)
		if n := p.times(); n != 1 {
			t.Errorf("within the month asked %d times", n)
		}
		p.tells(named("Trần Thị Mới"))
		r.pass(2 * 24 * time.Hour)
		c := r.say(zalo, "u1", "vẫn là tôi")
		r.pass(time.Second)
		if n := p.times(); n != 2 || r.again(c.ID).ContactName != "Trần Thị Mới" {
			t.Errorf("after it asked %d times, shown as %q", n, r.again(c.ID).ContactName)
		}
		for _, m := range r.list(inbox.OfContact(c.Contact)) {
			if m.ContactName != "Trần Thị Mới" {
				t.Errorf("an earlier matter shows %q", m.ContactName)
			}
		}
	})
}

func TestANameThatSomebodyGaveStays(t *testing.T) {
	for _, by := range []inbox.AuthorKind{inbox.ByMember, inbox.Citizen} {
		registered(t, func(r *rig, p *registry) {
			p.tells(func(int, connectors.RemoteID) (connectors.Profile, error) {
				return connectors.Profile{}, errors.New("reset")
			})
			c := r.say(zalo, "u1", "xin chào")
			k := r.contact(c)
			k.Name, k.NamedBy = "Bà Mẫu, khối 5", by
			r.write(func(tx inbox.Writer) error { return tx.PutContact(k) })
			p.tells(named("mẹ Bống"))
			r.pass(time.Minute)
			if k := r.contact(c); k.Name != "Bà Mẫu, khối 5" || k.Phone != "0912345678" {
				t.Errorf("named by %s, the contact is now %+v", by, k)
			}
		})
	}
	registered(t, func(r *rig, p *registry) {
		c := r.say(zalo, "u1", "xin chào")
		k := r.contact(c)
		k.Name, k.NamedBy = "Bà Mẫu, khối 5", inbox.ByMember
		r.write(func(tx inbox.Writer) error { return tx.PutContact(k) })
		form := connectors.Inbound{Key: "f", Kind: connectors.Shared, From: "u1", SentAt: time.Now(), Profile: connectors.Profile{Name: "mẹ Bống"}}
		if err := r.receive(zalo, form); err != nil {
			t.Fatal(err)
		}
		if k := r.contact(c); k.Name != "Bà Mẫu, khối 5" {
			t.Errorf("the citizen's form made a member's name %q", k.Name)
		}
	})
}

func TestAPlatformThatDoesNotTell(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer func(n int, user connectors.RemoteID) (connectors.Profile, error)
		asked  int // within a day
		named  bool
	}{
		{"is asked again after a fault", func(n int, _ connectors.RemoteID) (connectors.Profile, error) {
			if n < 4 {
				return connectors.Profile{}, errors.New("connection reset")
			}
			return connectors.Profile{Name: "Trần Thị Mẫu"}, nil
		}, 4, true},
		{"is asked again when it says so", func(n int, _ connectors.RemoteID) (connectors.Profile, error) {
			if n == 1 {
				return connectors.Profile{}, &connectors.Error{Kind: connectors.RateLimited, After: time.Hour}
			}
			return connectors.Profile{Name: "Trần Thị Mẫu"}, nil
		}, 2, true},
		{"is asked again after the connector stumbled", func(n int, _ connectors.RemoteID) (connectors.Profile, error) {
			if n == 1 {
				panic("index out of range")
			}
			return connectors.Profile{Name: "Trần Thị Mẫu"}, nil
		}, 2, true},
		{"is left alone once it refuses", func(int, connectors.RemoteID) (connectors.Profile, error) {
			return connectors.Profile{}, &connectors.Error{Kind: connectors.WindowClosed, Reason: "Người này không quan tâm OA."}
		}, 1, false},
		{"is not asked for ever", func(int, connectors.RemoteID) (connectors.Profile, error) {
			return connectors.Profile{}, &connectors.Error{Kind: connectors.Unauthorized}
		}, 10, false},
		{"may know no name", func(int, connectors.RemoteID) (connectors.Profile, error) {
			return connectors.Profile{Name: " \u202e "}, nil
		}, 1, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			registered(t, func(r *rig, p *registry) {
				p.tells(tt.answer)
				c := r.say(zalo, "u1", "xin chào")
				r.pass(23 * time.Hour)
				if n := p.times(); n != tt.asked {
					t.Errorf("asked %d times, want %d", n, tt.asked)
				}
				if name := r.contact(c).Name; tt.named != (name == "Trần Thị Mẫu") || !tt.named && !strings.HasPrefix(name, "Khách ") {
					t.Errorf("the contact is called %q", name)
				}
				if len(r.platform.texts()) == 0 {
					t.Error("the citizen was not answered meanwhile")
				}
			})
		})
	}
}

func TestARefusalToTellStandsForADay(t *testing.T) {
	registered(t, func(r *rig, p *registry) {
		p.tells(func(int, connectors.RemoteID) (connectors.Profile, error) {
			return connectors.Profile{}, &connectors.Error{Kind: connectors.Permanent}
		})
		r.say(zalo, "u1", "xin chào")
		r.pass(25 * time.Hour)
		p.tells(named("Trần Thị Mẫu"))
		c := r.say(zalo, "u1", "lại là tôi")
		r.pass(time.Second)
		if k := r.contact(c); k.Name != "Trần Thị Mẫu" || p.times() != 2 {
			t.Errorf("asked %d times, the contact is called %q", p.times(), k.Name)
		}
	})
}

func TestNamesOfStrangersFitIntoAList(t *testing.T) {
	for _, tt := range []struct{ name, told, want string }{
		{"one on several lines", "Trần\r\n  Thị\tMẫu ", "Trần Thị Mẫu"},
		{"one that turns the line around", "An\u202e mẫu\u200b\x00", "An mẫu"},
		{"one with a family of emoji", "Bố 👨\u200d👩\u200d👧", "Bố 👨\u200d👩\u200d👧"},
		{"one without an end", strings.Repeat("ầ", 200), strings.Repeat("ầ", 100) + "…"},
		{"a damaged one", "An \xff", "An"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			registered(t, func(r *rig, p *registry) {
				p.tells(named(tt.told))
				c := r.say(zalo, "u1", "xin chào")
				r.pass(time.Second)
				if got := r.again(c.ID).ContactName; got != tt.want {
					t.Errorf("shown as %q, want %q", got, tt.want)
				}
			})
		})
	}
}
