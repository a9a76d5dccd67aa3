package inbox_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tongdai/connectors"
)

func TestThoseWhoLeadTheHouseHearOfAChannelThatHasGoneQuiet(t *testing.T) {
	for _, tt := range []struct {
		name   string
		people int
		want   []string
	}{
		{"one on which many write", 60, []string{"Kênh Zalo: không có tin nào của người dân từ 07:00 ngày 01/01/2000; hãy kiểm tra kênh.", "Kênh Zalo: người dân đã nhắn trở lại."}},
		{"one on which few do", 5, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := &office{}
			atWork(t, o, func(r *rig) { // it is 7 o'clock
				for i := range tt.people {
					r.say(zalo, connectors.RemoteID(fmt.Sprint("p", i)), "xin chào")
				}
				r.pass(2*time.Hour + 50*time.Minute)
				if read := o.read("#leaders"); len(read) > 0 {
					t.Errorf("before three hours were over they read %q", read)
				}
				r.pass(5 * time.Hour)
				r.say(zalo, "p1", "còn ai không")
				r.pass(20 * time.Minute)
				var read []string
				for _, line := range o.read("#leaders") {
					read = append(read, strings.TrimPrefix(line, "announce : "))
				}
				if !slices.Equal(read, tt.want) {
					t.Errorf("they read %q, want %q", read, tt.want)
				}
			})
		})
	}
}

func TestThoseWhoLeadTheHouseHearOfAnotherLevel(t *testing.T) {
	o := &office{}
	atWork(t, o, func(r *rig) {
		if err := r.hub.SetLevel(r.ctx(), boss, 3); err != nil {
			t.Fatal(err)
		}
		r.pass(time.Second)
		if read := o.read("#leaders"); len(read) != 1 || !strings.Contains(read[0], "Cấp độ trực: 3.") {
			t.Errorf("they read %q", read)
		}
	})
}
