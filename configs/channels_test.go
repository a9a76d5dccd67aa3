package configs

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"
)

// aZalo is a file with one Official Account; more is added to the channel.
func aZalo(more string) string {
	return `organisation: {url: "https://1022.example.vn"}
channels:
  - id: zalo-1022
    kind: zalo
    name: 1022 Thanh Hóa
    app_id: "1022000000000000001"
    app_secret: ${APP}
    oa_id: "3000000000000000001"
    webhook_secret: ${OA}
` + more
}

func zaloEnv(name string) string {
	return map[string]string{"APP": "app-secret-mat-khau", "OA": "oa-secret-mat-khau"}[name]
}

func TestAnOfficialAccountNeedsFourValuesAndHasDefaults(t *testing.T) {
	cfg, err := Load(writeFile(t, "c.yaml", aZalo("")), zaloEnv)
	if err != nil {
		t.Fatal(err)
	}
	c := cfg.Channels[0]
	if c.AppID != "1022000000000000001" || c.AppSecret != "app-secret-mat-khau" || c.OaID != "3000000000000000001" || c.WebhookSecret != "oa-secret-mat-khau" {
		t.Errorf("the account is %+v", c.Zalo)
	}
	if c.ReplyWindow != 7*24*time.Hour || c.FreeWindow != 48*time.Hour || c.FreeReplies != 0 || c.PerMinute != 4000 || c.Buttons != 4 || c.Lists || c.Proof {
		t.Errorf("the rules are %+v", c.Zalo)
	}
}

func TestWhatIsWrongWithAnOfficialAccountIsToldWithItsLine(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		want []string // each a part of one line of the error; none: nothing is wrong
	}{
		"nothing": {aZalo("    reply_window: 72h\n    buttons: 5\n    lists: true\n    old_webhook_secret: the-one-before\n"), nil},
		"a simulator, over plain HTTP": {
			strings.Replace(aZalo("    oauth_url: http://127.0.0.1:8098\n    openapi_url: http://127.0.0.1:8098\n    media_hosts: [127.0.0.1:8098]\n"),
				"https://1022", "http://1022", 1), nil},
		"a bare channel": {"organisation: {url: 'https://a.vn'}\nchannels:\n  - {id: z, kind: zalo, name: Z}\n", []string{
			":3: channels[0].app_id:", ":3: channels[0].oa_id:", ":3: channels[0].app_secret: thiếu", ":3: channels[0].webhook_secret: thiếu"}},
		"no address of our own":   {strings.Replace(aZalo(""), `{url: "https://1022.example.vn"}`, "{}", 1), []string{":4: channels[0].kind: Zalo phải biết gọi tới đâu"}},
		"an address without TLS":  {strings.Replace(aZalo(""), "https://1022", "http://1022", 1), []string{":1: organisation.url: "}},
		"the two secrets are one": {strings.Replace(aZalo(""), "${OA}", "${APP}", 1), []string{":9: channels[0].webhook_secret: trùng với app_secret"}},
		"keys of a web chat":      {aZalo("    allowed_origins: [https://a.vn]\n    session_secret: ''\n"), []string{":10: channels[0].allowed_origins: chỉ dùng cho kênh loại webchat"}},
		"a web chat with keys of Zalo": {"channels:\n  - id: web\n    kind: webchat\n    name: Web\n    oa_id: '30000'\n    buttons: 5\n", []string{
			":5: channels[0].oa_id: chỉ dùng cho kênh loại zalo", ":6: channels[0].buttons: chỉ dùng"}},
		"numbers that cannot be": {aZalo("    buttons: 0\n    per_minute: 0\n    free_replies: -1\n    reply_window: 10m\n    free_window: 240h\n"), []string{
			":10: channels[0].buttons", ":11: channels[0].per_minute", ":12: channels[0].free_replies", ":13: channels[0].reply_window", ":14: channels[0].free_window"}},
		"addresses that cannot be": {aZalo("    oauth_url: oauth.zaloapp.com\n    openapi_url: https://a.vn/v3\n    media_hosts: [127.0.0.1]\n    code_verifier: short\n"), []string{
			":10: channels[0].oauth_url", ":11: channels[0].openapi_url", ":12: channels[0].media_hosts[0]", ":13: channels[0].code_verifier"}},
		"one account twice": {aZalo(strings.Join(strings.SplitAfter(strings.Replace(aZalo(""), "zalo-1022", "zalo-2", 1), "\n")[2:], "")),
			[]string{":15: channels[1].oa_id: Official Account này đã là của channels[0]"}},
	} {
		t.Run(name, func(t *testing.T) {
			path := writeFile(t, "c.yaml", tt.text)
			_, err := Load(path, zaloEnv)
			if len(tt.want) == 0 {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			var ps Problems
			if !errors.As(err, &ps) || len(ps) != len(tt.want) {
				t.Fatalf("Load = %v, want %d problems", err, len(tt.want))
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), path+want) {
					t.Errorf("told is\n%v\nand not %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "mat-khau") {
				t.Errorf("a secret is told: %v", err)
			}
		})
	}
}

func TestAChannelIsShownWithTheKeysOfItsKind(t *testing.T) {
	cfg, err := Load(writeFile(t, "c.yaml", aZalo("    old_webhook_secret: mat-khau-cu\n")+
		"  - {id: web, kind: webchat, name: Web}\n"), zaloEnv)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := Show(&out, cfg); err != nil {
		t.Fatal(err)
	}
	shown := out.String()
	if strings.Contains(shown, "mat-khau") {
		t.Errorf("a secret is shown:\n%s", shown)
	}
	for _, key := range []string{"app_secret", "webhook_secret", "old_webhook_secret"} {
		if !strings.Contains(shown, " "+key+`: "`+mask+`"`) {
			t.Errorf("%s is not shown as set:\n%s", key, shown)
		}
	}
	for _, key := range []string{"oa_id", "reply_window", "allowed_origins"} {
		if n := strings.Count(shown, key+":"); n != 1 {
			t.Errorf("%s stands there %d times, want with the one channel of its kind:\n%s", key, n, shown)
		}
	}
}

// The example in the shipped file, without its comment marks, is one that works.
func TestTheExampleInTheShippedFileWorks(t *testing.T) {
	text := strings.Replace(string(Shipped), `url: ""  `, `url: https://1022.example.vn  `, 1)
	text = regexp.MustCompile(`(?m)^#(  .*)$`).ReplaceAllString(text, "$1")
	env := func(name string) string {
		if name == "TELEGRAM_BOT_TOKEN" {
			return "1022000001:" + strings.Repeat("A", 35)
		}
		return strings.Repeat("s", 3)
	}
	cfg, err := Load(writeFile(t, "c.yaml", strings.Replace(text, "${ZALO_APP_SECRET}", "other", 1)), env)
	if err != nil {
		t.Fatal(err)
	}
	var usual Channel
	usual.setDefaults()
	byKind := map[ChannelKind]Channel{}
	for _, c := range cfg.Channels {
		byKind[c.Kind] = c
	}
	if bot := byKind[KindTelegram]; bot.ID == "" || bot.Polling != usual.Polling || bot.TelegramURL != usual.TelegramURL {
		t.Errorf("the example of a bot is %+v", bot)
	}
	if box := byKind[KindEmail]; box.ImapSecurity != usual.ImapSecurity || box.SmtpSecurity != usual.SmtpSecurity || box.SubAddress != usual.SubAddress || box.MaxLetter != usual.MaxLetter {
		t.Errorf("the example of a mailbox is %+v", box)
	}
	got := byKind[KindZalo]
	usual.AppID, usual.AppSecret, usual.OaID, usual.WebhookSecret = got.AppID, got.AppSecret, got.OaID, got.WebhookSecret
	usual.OldWebhookSecret, usual.CodeVerifier = "", ""
	if got.Kind != KindZalo || got.ReplyWindow != usual.ReplyWindow || got.FreeWindow != usual.FreeWindow || got.PerMinute != usual.PerMinute || got.Buttons != usual.Buttons {
		t.Errorf("the example is %+v, and does not say the defaults %+v", got, usual)
	}
}
