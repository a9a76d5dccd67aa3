package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"tongdai/configs"
	"tongdai/connectors"
	"tongdai/connectors/email"
	"tongdai/inbox"
)

func newChannel(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "channel",
		Short: "Check a channel, connect it with its account, compare it with its platform",
		Long:  "Check a channel, connect it with its account, compare it with its platform. With the embedded store the hub must not run meanwhile.",
	}
	cmd.AddCommand(newChannelCheck(s), newChannelConnect(s), newChannelReconcile(s))
	return cmd
}

// withChannel opens the data folder for a command on one channel.
func (s *settings) withChannel(ctx context.Context, id string, do func(a *app, c configs.Channel, speaker inbox.Speaker) error) error {
	return s.withHub(ctx, func(a *app) error {
		i := slices.IndexFunc(a.cfg.Channels, func(c configs.Channel) bool { return c.ID == id })
		for _, s := range a.hub.Speakers() {
			if i >= 0 && string(s.Channel().ID) == id {
				return do(a, a.cfg.Channels[i], s)
			}
		}
		return fmt.Errorf("không có kênh %q trong cấu hình; các kênh: %s", id, channelNames(a.cfg.Channels))
	})
}

func newChannelConnect(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "connect NAME",
		Short: "Connect a channel with its account: print the page of consent, or tell the platform where the hub is",
		Long: "Connect a channel with its account. Of a Zalo account it prints the page on which the administrator allows the hub\n" +
			"to speak for it: good once, for half an hour, and it leads back to the running hub, so with the embedded store start\n" +
			"the hub again before it is opened. Facebook and Telegram are told where the hub is and how it introduces itself; what\n" +
			"was done is printed. Facebook calls the hub meanwhile: where that cannot be, it says what to enter by hand.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withChannel(cmd.Context(), args[0], func(a *app, c configs.Channel, speaker inbox.Speaker) error {
				switch account := speaker.(type) {
				case connectors.Authorizer:
					return authorize(cmd, c, account)
				case connectors.Installer:
					return install(cmd, account, a.hookAddress(speaker.Channel()))
				}
				return fmt.Errorf("kênh %s (%s) không cần kết nối với tài khoản nào", c.ID, c.Kind)
			})
		},
	}
}

// authorize prints the page of consent.
func authorize(cmd *cobra.Command, c configs.Channel, account connectors.Authorizer) error {
	link, err := account.Authorize(cmd.Context())
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "Quản trị viên của tài khoản %q mở trang này, một lần, trong 30 phút, khi tổng đài đang chạy:\n", c.Name)
	_, err = fmt.Fprintln(cmd.OutOrStdout(), link)
	return err
}

// install tells the platform where we are, and prints what was done and what was not.
func install(cmd *cobra.Command, account connectors.Installer, hook string) error {
	done, err := account.Install(cmd.Context(), hook)
	for _, line := range done {
		fmt.Fprintln(cmd.OutOrStdout(), "được   "+line)
	}
	if err == nil {
		return nil
	}
	fmt.Fprintln(cmd.OutOrStdout(), "LỖI    "+cmp.Or(connectors.ReasonOf(err), err.Error()))
	return errTold
}

func newChannelCheck(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "check NAME",
		Short: "Say whether a channel works, and what is wrong: credentials, permission, webhook, clock, DNS, TLS",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withChannel(cmd.Context(), args[0], func(a *app, c configs.Channel, speaker inbox.Speaker) error {
				check := channelCheck{out: cmd.OutOrStdout(), client: &http.Client{Timeout: checkTimeout, CheckRedirect: noRedirect}}
				hook := a.hookAddress(speaker.Channel())
				if c.Kind == configs.KindMattermost {
					hook = a.callback(c, speaker.Channel())
				}
				check.ways(cmd.Context(), c, hook)
				if box, ok := speaker.(*email.Connector); ok {
					check.mailbox(cmd.Context(), box)
				} else if checker, ok := speaker.(connectors.Checker); ok {
					check.health(checker.Check(cmd.Context()))
				}
				if check.bad > 0 {
					return errTold
				}
				return nil
			})
		},
	}
}

// checkTimeout bounds each question of a check.
const checkTimeout = 10 * time.Second

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// channelCheck tells one finding a line, and counts what is wrong.
type channelCheck struct {
	out    io.Writer
	client *http.Client
	bad    int
}

func (c *channelCheck) good(format string, args ...any) {
	fmt.Fprintf(c.out, "được   "+format+"\n", args...)
}

func (c *channelCheck) wrong(format string, args ...any) {
	c.bad++
	fmt.Fprintf(c.out, "LỖI    "+format+"\n", args...)
}

// clockMost is how far our clock may be from a platform's. Its tokens and
// signatures bear times; a proxy's cache may be some seconds old.
const clockMost = time.Minute

// ways looks at the way to the platform of a channel and, where it calls us, at
// the way back.
func (c *channelCheck) ways(ctx context.Context, channel configs.Channel, hook string) {
	switch channel.Kind {
	case configs.KindZalo:
		c.server(ctx, channel.OauthURL)
		c.server(ctx, channel.OpenapiURL)
		c.hook(ctx, hook)
	case configs.KindMessenger:
		c.server(ctx, channel.GraphURL)
		c.hook(ctx, hook)
	case configs.KindTelegram:
		c.telegram(ctx, channel, hook)
	case configs.KindMattermost:
		c.mattermost(ctx, channel, hook)
	}
}

// server looks whether a server of the platform is reached, and what time it is there.
func (c *channelCheck) server(ctx context.Context, address string) {
	answer, err := c.get(ctx, address)
	if err != nil {
		c.wrong("%s: %s", address, whyUnreached(err))
		return
	}
	c.good("%s: gọi tới được", address)
	there, err := http.ParseTime(answer.Header.Get("Date"))
	if err != nil {
		return // it does not tell
	}
	if apart := time.Since(there).Round(time.Second); apart.Abs() > clockMost {
		c.wrong("đồng hồ máy này lệch %s so với %s; hãy bật đồng bộ giờ (NTP)", apart.Abs(), address)
	}
}

// hook looks whether the address that the platform calls leads to a hub.
func (c *channelCheck) hook(ctx context.Context, address string) {
	answer, err := c.get(ctx, address)
	switch {
	case err != nil:
		c.wrong("webhook %s: %s", address, whyUnreached(err))
	case answer.StatusCode == http.StatusMethodNotAllowed:
		c.good("webhook %s: tới được tổng đài", address)
	case answer.StatusCode >= http.StatusInternalServerError:
		c.wrong("webhook %s: máy chủ phía trước trả lời %d; tổng đài chưa chạy, hoặc proxy chưa dẫn tới tổng đài", address, answer.StatusCode)
	default:
		c.wrong("webhook %s: trả lời %d thay vì 405; địa chỉ này không dẫn tới kênh của tổng đài, hãy kiểm tra proxy và id của kênh", address, answer.StatusCode)
	}
}

func (c *channelCheck) get(ctx context.Context, address string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	answer, err := c.client.Do(req)
	if err != nil {
		return nil, err
	}
	return answer, answer.Body.Close()
}

func (c *channelCheck) health(h connectors.Health) {
	if !h.OK {
		c.wrong("%s", h.Problem)
		return
	}
	c.good("tài khoản: gửi và nhận được")
	if h.Problem != "" {
		c.wrong("%s", h.Problem)
	}
	if !h.Expires.IsZero() {
		c.good("quyền: đến %s nếu không gia hạn thêm", h.Expires.In(configs.Zone).Format("15:04 02/01/2006"))
	}
}

// whyUnreached says what stands between us and a server.
func whyUnreached(err error) string {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return fmt.Sprintf("không tìm được máy %s (DNS)", dns.Name)
	}
	if known, ok := errors.AsType[*url.Error](err); ok {
		if known.Timeout() {
			return "không trả lời trong " + checkTimeout.String() + " (mạng hoặc tường lửa)"
		}
		err = known.Err
	}
	if distrusted, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "chứng chỉ TLS không dùng được (" + distrusted.Err.Error() + ")"
	}
	return "không nối được (" + err.Error() + ")"
}
