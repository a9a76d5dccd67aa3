package configs

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Mattermost is what channels of KindMattermost have; docs/channels/mattermost.md
// tells where the values come from. No citizen writes there: departments read of their
// matters and answer.
type Mattermost struct {
	MattermostURL   string // of the server: https://chat.thanhhoa.gov.vn
	MattermostToken Secret // of the bot account
	Team            string // for places that name none
	Places          []MattermostPlace
	Leaders         string // the channel for what concerns the whole house; empty: none
	AnswerPrefix    string // begins what goes to the citizen
	// CallbackURL is our base address as the Mattermost server reaches it, for buttons
	// and the slash command; empty: organisation.url.
	CallbackURL  string
	CommandToken Secret // of the slash command /1022; empty: there is none
	// TrustMail: who has a member's e-mail address at Mattermost is that member.
	TrustMail bool
	ChatFile  Bytes // of one file, either way
}

// MattermostPlace is where a department reads: a channel of the team, or "team/channel".
type MattermostPlace struct {
	Unit    string // id of the department: so-y-te
	Channel string
}

func (Mattermost) kinds() []ChannelKind { return []ChannelKind{KindMattermost} }

func (m *Mattermost) setDefaults() {
	m.AnswerPrefix, m.TrustMail, m.ChatFile = "!", true, 100*MB
}

// chatName is how Mattermost spells teams and channels in addresses.
var chatName = regexp.MustCompile(`^[a-z0-9]([a-z0-9_-]{0,62}[a-z0-9])?$`)

func (m Mattermost) check(key string, ps *Problems) {
	checkBase(ps, key+".mattermost_url", m.MattermostURL, "https://chat.thanhhoa.gov.vn")
	if m.MattermostToken == "" {
		ps.add(key+".mattermost_token", "thiếu; tạo mã truy cập cho tài khoản bot ở Mattermost, để trong biến môi trường")
	}
	if m.Team != "" && !chatName.MatchString(m.Team) {
		ps.add(key+".team", "%q không phải tên nhóm; chép phần tên trong địa chỉ của nhóm, chữ thường không dấu", m.Team)
	}
	m.checkPlaces(key, ps)
	if p := m.AnswerPrefix; p == "" || p != strings.TrimSpace(p) || utf8.RuneCountInString(p) > 8 || strings.HasPrefix(p, "/") {
		ps.add(key+".answer_prefix", "%q không hợp lệ; dùng 1 đến 8 ký tự không có dấu cách, không bắt đầu bằng /, ví dụ !", p)
	}
	if m.CallbackURL != "" {
		checkBase(ps, key+".callback_url", m.CallbackURL, "https://1022.thanhhoa.gov.vn")
	}
	if t := m.CommandToken; t != "" && len(t) < 16 {
		ps.add(key+".command_token", "quá ngắn; chép mã (token) mà Mattermost đưa khi tạo lệnh gạch chéo")
	}
	if m.ChatFile < MB || m.ChatFile > 1024*MB {
		ps.add(key+".chat_file", "%s nằm ngoài khoảng cho phép 1MB đến 1GB", m.ChatFile)
	}
}

func (m Mattermost) checkPlaces(key string, ps *Problems) {
	if len(m.Places) == 0 && m.Leaders == "" {
		ps.add(key+".places", "chưa có đơn vị nào; ghi unit (mã đơn vị) và channel (tên kênh ở Mattermost)")
	}
	seen := map[string]int{}
	for i, place := range m.Places {
		at := fmt.Sprintf("%s.places[%d]", key, i)
		if place.Unit == "" {
			ps.add(at+".unit", "thiếu; là mã đơn vị trong danh mục, ví dụ so-y-te")
		} else if first, again := seen[place.Unit]; again {
			ps.add(at+".unit", "%q đã có ở places[%d]; mỗi đơn vị một kênh", place.Unit, first)
		} else {
			seen[place.Unit] = i
		}
		m.checkPlace(at+".channel", place.Channel, ps)
	}
	if m.Leaders != "" {
		m.checkPlace(key+".leaders", m.Leaders, ps)
	}
}

func (m Mattermost) checkPlace(key, name string, ps *Problems) {
	team, channel, both := strings.Cut(name, "/")
	if !both {
		team, channel = m.Team, name
	}
	switch {
	case !both && m.Team == "" && chatName.MatchString(channel):
		ps.add(key, "%q chưa rõ ở nhóm nào; đặt team, hoặc viết nhóm/kênh", name)
	case !chatName.MatchString(channel) || both && !chatName.MatchString(team):
		ps.add(key, "%q không phải tên kênh; chép phần tên trong địa chỉ của kênh, chữ thường không dấu, ví dụ so-y-te hoặc nhom/so-y-te", name)
	}
}

// ChannelOf is the channel of each unit, by the unit's id.
func (m Mattermost) ChannelOf() map[string]string {
	all := map[string]string{}
	for _, place := range m.Places {
		all[place.Unit] = place.Channel
	}
	return all
}

// checkBase is for addresses that may have a path.
func checkBase(ps *Problems, key, address, example string) {
	u, err := url.Parse(address)
	if err != nil || !isWeb(u) || u.RawQuery != "" || u.Fragment != "" || u.User != nil || strings.HasSuffix(address, "/") {
		ps.add(key, "%q không hợp lệ; viết giao thức và tên máy, không có / ở cuối, ví dụ %s", address, example)
	}
}
