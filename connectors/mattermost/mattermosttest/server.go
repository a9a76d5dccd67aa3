// Package mattermosttest gives tests a real Mattermost server: one of their own, on a
// free port of 127.0.0.1, with its data in a folder and a database of its own, ended
// with the test.
//
//	s := mattermosttest.Start(t, pgtest.Database)
//	s.Channel("so-y-te", "Sở Y tế")
//	hoa := s.Person("hoa", "Y tá Hoa", "hoa@soyte.example", "so-y-te")
//	token := s.Bot("tongdai", "so-y-te")
//
// The server is the program that make mattermost builds (connectors/mattermost/
// realserver). Where it is not built the test is skipped and says how to build it; with
// TONGDAI_NEED_MATTERMOST=1, which make test-long sets, it fails. The server asks
// nothing of the network beside the machine: it sends no figures, looks for no updates,
// has no plugins and no mail.
package mattermosttest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mattermost/mattermost-server/v6/model"
)

const (
	// Needed is the environment variable that turns "skipped" into "failed" when its
	// value is 1.
	Needed = "TONGDAI_NEED_MATTERMOST"
	// Program is the environment variable that names the server's program; without it
	// bin/mattermost/mattermost of this module is taken.
	Program = "TONGDAI_MATTERMOST"
)

// Team is the name of the team that every Server has.
const Team = "tinh"

const (
	// patience is how long the server may take to make its tables and to answer, on a
	// busy machine, and to end.
	patience = 3 * time.Minute
	password = "mat-khau-cua-Mattermost-1022"
)

// Server is a running Mattermost.
type Server struct {
	URL string // "http://127.0.0.1:34567"

	t        testing.TB
	home     string
	cmd      *exec.Cmd
	ended    chan struct{}
	admin    *model.Client4
	team     *model.Team
	channels map[string]*model.Channel
}

// Start starts a server that ends with the test. database gives it an empty one of
// PostgreSQL by its URL, such as pgtest.Database does.
func Start(t testing.TB, database func(testing.TB) string) *Server {
	t.Helper()
	program := need(t)
	s := &Server{t: t, home: t.TempDir(), ended: make(chan struct{}), channels: map[string]*model.Channel{}}
	address := freeAddress(t)
	s.URL = "http://" + address
	if err := s.run(program, address, database(t)); err != nil {
		log, _ := os.ReadFile(s.log()) // for the error only
		t.Fatalf("start Mattermost: %v; its log says:\n%s", err, log)
	}
	s.furnish()
	return s
}

func need(t testing.TB) string {
	t.Helper()
	program, err := find()
	switch {
	case err == nil:
	case os.Getenv(Needed) == "1":
		t.Fatal(err)
	default:
		t.Skipf("SKIPPED, NOT TESTED: %v", err)
	}
	return program
}

// find looks for the program where make mattermost puts it: in bin beside go.mod.
func find() (string, error) {
	if program := os.Getenv(Program); program != "" {
		return exec.LookPath(program)
	}
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; folder = filepath.Dir(folder) {
		if _, err := os.Stat(filepath.Join(folder, "bin", "mattermost", "i18n")); err == nil {
			return exec.LookPath(filepath.Join(folder, "bin", "mattermost", "mattermost"))
		}
		if folder == filepath.Dir(folder) {
			return "", errors.New("no Mattermost server is built here; build it with: make mattermost")
		}
	}
}

func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func (s *Server) log() string { return filepath.Join(s.home, "out") }

// run starts the program and returns when it answers.
func (s *Server) run(program, address, database string) error {
	settings, err := json.Marshal(s.settings(address, database))
	if err != nil {
		return err
	}
	config := filepath.Join(s.home, "config.json")
	if err := os.WriteFile(config, settings, 0o600); err != nil {
		return err
	}
	out, err := os.Create(s.log())
	if err != nil {
		return err
	}
	defer out.Close() // the program has a handle of its own
	s.cmd = exec.Command(program, "server", "--config", config)
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = s.home, out, out
	s.cmd.Env = append(os.Environ(), "MM_LICENSE=")
	input, err := s.cmd.StdinPipe() // the program ends when it does
	if err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	go func() {
		_ = s.cmd.Wait() // how it ended is in its log
		close(s.ended)
	}()
	s.t.Cleanup(func() { s.end(input) })
	return s.ready()
}

// ready waits until the server answers.
func (s *Server) ready() error {
	ping := model.NewAPIv4Client(s.URL)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		select {
		case <-s.ended:
			return errors.New("it ended at once")
		default:
		}
		if said, _, err := ping.GetPing(); err == nil && said == model.StatusOk {
			return nil
		}
	}
	return fmt.Errorf("it does not answer within %s", patience)
}

func (s *Server) end(input io.Closer) {
	_ = input.Close() // it may have ended by itself
	select {
	case <-s.ended:
	case <-time.After(patience):
		_ = s.cmd.Process.Kill()
		<-s.ended
		s.t.Error("Mattermost did not end")
	}
	if s.t.Failed() {
		s.t.Logf("the log of Mattermost:\n%s", s.Log())
	}
}

// settings are those that differ from the server's own.
func (s *Server) settings(address, database string) map[string]any {
	type group = map[string]any
	return map[string]any{
		"ServiceSettings": group{
			"SiteURL": s.URL, "ListenAddress": address, "WebserverMode": "disabled",
			"EnableBotAccountCreation": true, "EnableUserAccessTokens": true, "EnableCommands": true,
			"AllowedUntrustedInternalConnections": "127.0.0.1", "EnableSecurityFixAlert": false, "EnableTutorial": false,
		},
		"TeamSettings":            group{"EnableOpenServer": true},
		"SqlSettings":             group{"DriverName": "postgres", "DataSource": withTimeout(database), "MaxOpenConns": 20, "MaxIdleConns": 5},
		"FileSettings":            group{"Directory": filepath.Join(s.home, "files")},
		"PluginSettings":          group{"Enable": false, "EnableMarketplace": false, "EnableRemoteMarketplace": false, "AutomaticPrepackagedPlugins": false},
		"EmailSettings":           group{"SendEmailNotifications": false, "SendPushNotifications": false, "RequireEmailVerification": false},
		"LogSettings":             group{"EnableConsole": true, "ConsoleLevel": "WARN", "EnableFile": false, "EnableDiagnostics": false, "EnableSentry": false},
		"NotificationLogSettings": group{"EnableConsole": false, "EnableFile": false},
		"AnnouncementSettings":    group{"AdminNoticesEnabled": false, "UserNoticesEnabled": false},
		"RateLimitSettings":       group{"Enable": false},
	}
}

// withTimeout adds what the server wants to find in the address of its database.
func withTimeout(database string) string {
	if strings.Contains(database, "?") {
		return database + "&connect_timeout=10"
	}
	return database + "?sslmode=disable&connect_timeout=10"
}

// furnish makes the administrator, who is the first to have an account, and the team.
func (s *Server) furnish() {
	s.t.Helper()
	s.admin = s.login(&model.User{Username: "quantri", Nickname: "Quản trị", Email: "quantri@mattermost.example"})
	var err error
	s.team, _, err = s.admin.CreateTeam(&model.Team{Name: Team, DisplayName: "Tỉnh", Type: model.TeamOpen})
	s.must(err)
}

// login makes an account and returns its session.
func (s *Server) login(user *model.User) *model.Client4 {
	s.t.Helper()
	user.Password = password
	api := model.NewAPIv4Client(s.URL)
	api.HTTPClient = &http.Client{Timeout: time.Minute}
	_, _, err := api.CreateUser(user)
	s.must(err)
	_, _, err = api.Login(user.Username, password)
	s.must(err)
	s.t.Cleanup(api.HTTPClient.CloseIdleConnections)
	return api
}

func (s *Server) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("Mattermost: %v", err)
	}
}

// Channel makes a channel that people join by being named in Person and Bot.
func (s *Server) Channel(name, title string) {
	s.t.Helper()
	made, _, err := s.admin.CreateChannel(&model.Channel{TeamId: s.team.Id, Name: name, DisplayName: title, Type: model.ChannelTypePrivate})
	s.must(err)
	s.channels[name] = made
}

func (s *Server) join(user string, channels []string) {
	s.t.Helper()
	_, _, err := s.admin.AddTeamMember(s.team.Id, user)
	s.must(err)
	for _, name := range channels {
		_, _, err := s.admin.AddChannelMember(s.ID(name), user)
		s.must(err)
	}
}

// ID is the server's id of a channel.
func (s *Server) ID(name string) string {
	s.t.Helper()
	if s.channels[name] == nil {
		s.t.Fatalf("there is no channel %q", name)
	}
	return s.channels[name].Id
}

// Bot makes a bot account in channels and returns its token.
func (s *Server) Bot(name string, channels ...string) (token string) {
	s.t.Helper()
	bot, _, err := s.admin.CreateBot(&model.Bot{Username: name, DisplayName: "Tổng đài 1022"})
	s.must(err)
	s.join(bot.UserId, channels)
	made, _, err := s.admin.CreateUserAccessToken(bot.UserId, "tổng đài")
	s.must(err)
	return made.Token
}

// Command makes a slash command that the server brings to an address, and returns the
// token that it sends with it.
func (s *Server) Command(trigger, address string) (token string) {
	s.t.Helper()
	made, _, err := s.admin.CreateCommand(&model.Command{TeamId: s.team.Id, Trigger: trigger, Method: model.CommandMethodPost, URL: address, AutoComplete: true})
	s.must(err)
	return made.Token
}

// Log is what the server has logged.
func (s *Server) Log() string {
	s.t.Helper()
	log, err := os.ReadFile(s.log())
	s.must(err)
	return string(bytes.TrimSpace(log))
}
