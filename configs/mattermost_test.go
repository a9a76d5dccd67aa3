package configs

import (
	"strings"
	"testing"
)

const teamChat = `
channels:
  - id: chat-1022
    kind: mattermost
    name: Mattermost tỉnh
    mattermost_url: https://chat.thanhhoa.example
    mattermost_token: bi-mat-cua-bot-mattermost
    team: tinh
    leaders: lanh-dao
    places:
      - unit: so-y-te
        channel: duong-day-nong
      - unit: cdc
        channel: y-te/cdc
`

func TestATeamChatNeedsItsAddressTokenAndPlaces(t *testing.T) {
	cfg, err := Load(writeFile(t, "c.yaml", teamChat), func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	m := cfg.Channels[0].Mattermost
	if m.AnswerPrefix != "!" || !m.TrustMail || m.ChatFile != 100*MB || m.ChannelOf()["cdc"] != "y-te/cdc" || m.Leaders != "lanh-dao" {
		t.Errorf("it is read as %+v", m)
	}
	var shown strings.Builder
	if err := Show(&shown, cfg); err != nil || strings.Contains(shown.String(), "bi-mat") || !strings.Contains(shown.String(), "duong-day-nong") {
		t.Errorf("Show = %v:\n%s", err, shown.String())
	}
}

func TestAWrongTeamChatIsToldKeyByKey(t *testing.T) {
	for _, wrong := range []struct{ old, line, key string }{
		{"    mattermost_url: https://chat.thanhhoa.example", "    mattermost_url: chat.thanhhoa.example", "channels[0].mattermost_url"},
		{"    mattermost_url: https://chat.thanhhoa.example", "    mattermost_url: https://chat.thanhhoa.example/", "channels[0].mattermost_url"},
		{"    mattermost_token: bi-mat-cua-bot-mattermost", "    mattermost_token: \"\"", "channels[0].mattermost_token"},
		{"    team: tinh", "    team: Tỉnh", "channels[0].team"},
		{"    team: tinh", "    prefix: x", "channels[0].prefix"},
		{"    team: tinh\n", "", "channels[0].leaders"},
		{"    team: tinh\n", "", "channels[0].places[0].channel"},
		{"        channel: y-te/cdc", "        channel: Kênh CDC", "channels[0].places[1].channel"},
		{"      - unit: cdc", "      - unit: so-y-te", "channels[0].places[1].unit"},
		{"    team: tinh", "    team: tinh\n    answer_prefix: \"/ gửi\"", "channels[0].answer_prefix"},
		{"    team: tinh", "    team: tinh\n    command_token: ngan", "channels[0].command_token"},
		{"    team: tinh", "    team: tinh\n    callback_url: 10.0.0.5", "channels[0].callback_url"},
		{"    team: tinh", "    team: tinh\n    chat_file: 2GB", "channels[0].chat_file"},
		{"    team: tinh", "    team: tinh\n    bot_token: x", "channels[0].bot_token"},
	} {
		text := strings.Replace(teamChat, wrong.old, wrong.line, 1)
		_, err := Load(writeFile(t, "c.yaml", text), func(string) string { return "" })
		if err == nil || !strings.Contains(err.Error(), wrong.key) || strings.Contains(err.Error(), "bi-mat") {
			t.Errorf("%q: Load = %v, want a word on %s", wrong.line, err, wrong.key)
		}
	}
}
