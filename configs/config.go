package configs

import "time"

// Config is what one installation decides for itself. The keys of the file are
// the field names in snake case; docs/operate/configuration.md explains each.
type Config struct {
	Organisation Organisation
	HTTP         HTTP
	Data         DataFolder
	Store        Store
	Media        Media
	Disk         Disk
	Backup       Backup
	Journal      Journal
	Channels     []Channel
	Bot          Bot
	Knowledge    Knowledge
	Rating       Rating
	Alarms       Alarms
	Hours        HoursFiles
	Directory    DirectoryFiles
	Traces       Traces
	Log          Log
}

// Organisation is whose hotline this is.
type Organisation struct {
	Name       string // "Tổng đài 1022 tỉnh Thanh Hóa"
	CodePrefix string // first letters of conversation codes: TH in TH-261121-0042
	Timezone   string // Asia/Ho_Chi_Minh and nothing else; see Zone
	Hotline    Hotline
	URL        string // public base address without a trailing slash; empty: the address a request came to
}

// Hotline is the number to call, which differs by telephone.
type Hotline struct {
	Short string // from fixed lines within the province: 1022
	Full  string // from mobiles and other provinces: 02371022
}

// HTTP is how the hub is reached.
type HTTP struct {
	Listen         string   // host:port
	TrustedProxies []string // CIDRs whose X-Forwarded-For is believed; empty: nobody's
	Limits         HTTPLimits
	Metrics        Metrics
	Session        Session
}

// HTTPLimits keep one client from holding up the others.
type HTTPLimits struct {
	Body          Bytes // of a request that is not an upload
	HeaderTimeout time.Duration
	ReadTimeout   time.Duration
	WriteTimeout  time.Duration // without taking anything of what it asked for
	IdleTimeout   time.Duration
	// ConnectionsPerAddress bounds the connections of one address (IPv6: of one
	// /64); 0: no bound. Trusted proxies and this machine itself have none.
	ConnectionsPerAddress int
}

// Metrics says who may read /metrics.
type Metrics struct {
	Token Secret // bearer token; empty: only requests from the loopback address
}

// Session is how long a member stays logged in.
type Session struct {
	Idle     time.Duration // without any request
	Absolute time.Duration // in all
	// SecondFactor: who must have one besides the password: "admins", "everyone";
	// empty: nobody, everybody may.
	SecondFactor string
}

// DataFolder is where everything is kept that no other server keeps: the
// embedded store, attachments, index, key.
type DataFolder struct {
	Folder string // relative to the working folder of the process
	// SecretKey is the key from which all others are derived, 32 bytes in
	// base64, the same for all nodes; empty: the file secret.key of the folder.
	SecretKey Secret
}

// StoreKind names an implementation of the store.
type StoreKind string

// The implementations of the store.
const (
	StoreBolt     StoreKind = "bolt"     // embedded: one file, no server, one node
	StorePostgres StoreKind = "postgres" // PostgreSQL, for any number of nodes
)

// Store says where conversations are kept.
type Store struct {
	Kind     StoreKind
	Path     string   // for StoreBolt; relative to the data folder
	Postgres Postgres // for StorePostgres
}

// Postgres is a database of PostgreSQL 15 or later that the nodes share.
type Postgres struct {
	URL         Secret // postgres://user:password@host:5432/database
	ListenURL   Secret // past a pooler in transaction mode, for LISTEN; empty: URL
	Connections int    // opened at most, by each node
}

// Backup says when the hub backs itself up, and where to.
type Backup struct {
	Folder     string   // on another disk than the data folder; empty: it does not
	At         string   // time of day, Asia/Ho_Chi_Minh: 01:30
	Keep       int      // so many backups stay; older ones are removed
	Recipients []string // age public keys ("age1…") who alone can open them; empty: not encrypted, and without secrets
}

// Journal is a second copy of what comes in.
type Journal struct {
	Folder   string // best on another disk than the data folder; empty: none is kept
	KeepDays int    // older parts are removed
}

// Disk is what is done as the volume of the data folder fills. Percents are of
// its use.
type Disk struct {
	WarnAt     int   // a warning
	AlarmAt    int   // an alarm
	FilesUntil int   // from here attachments are refused
	Reserve    Bytes // with less left, messages are refused too, so that platforms send again
}

// MediaKind names a way of keeping attachments.
type MediaKind string

// The ways of keeping attachments.
const (
	MediaFolder MediaKind = "folder" // files in a folder, which several nodes may share
	MediaS3     MediaKind = "s3"     // objects in S3-compatible storage
)

// Media says where the files are kept that citizens and members send. Nodes of
// one hub must all see the same files.
type Media struct {
	Kind   MediaKind
	Folder string // relative to the data folder; an absolute one is shared and must exist
	S3     S3     // for MediaS3
}

// S3 is a bucket of an object storage that speaks S3.
type S3 struct {
	Endpoint  string // https://s3.example.vn; empty: Amazon's, by region
	Region    string // empty: us-east-1, which most storages of one's own expect
	Bucket    string
	Prefix    string // stands before every key: tongdai/
	AccessKey Secret // empty, like SecretKey: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the environment
	SecretKey Secret
	PathStyle bool          // the bucket's name in the path, not in the host's name
	Timeout   time.Duration // of one operation; an upload gets a second more for each megabyte
}

// ChannelKind names the platform a channel speaks.
type ChannelKind string

// The kinds of channels.
const (
	KindWebchat   ChannelKind = "webchat"   // the chat on web pages, the portal's and others'
	KindZalo      ChannelKind = "zalo"      // a Zalo Official Account
	KindMessenger ChannelKind = "messenger" // a Facebook page
	KindTelegram  ChannelKind = "telegram"  // a Telegram bot
	KindEmail     ChannelKind = "email"     // a mailbox
	// KindMattermost is a bot at a Mattermost server, where departments answer.
	KindMattermost ChannelKind = "mattermost"
	KindPortal     ChannelKind = "portal" // the form "Gửi phản ánh" of the citizens' pages
)

// Channel is one way in for citizens. Its id is written into every conversation
// that comes through it and must not change afterwards. Beside what all have,
// each kind has keys of its own.
type Channel struct {
	ID   string
	Kind ChannelKind
	Name string // shown at the desk
	Webchat
	App
	Hooked
	Zalo
	Messenger
	Telegram
	Mail
	Mattermost
	Portal
}

// Webchat is what channels of KindWebchat have.
type Webchat struct {
	AllowedOrigins    []string // pages besides our own that may show the chat: https://thanhhoa.gov.vn
	MessagesPerMinute MessageLimits
	Attachments       AttachmentLimits
	SessionSecret     Secret // signs visitors' sessions; empty: generated and kept in the data folder
}

// MessageLimits are counted over a sliding minute.
type MessageLimits struct {
	Visitor int // one browser's session
	Address int // one network address, behind which a whole village may sit
}

// AttachmentLimits bound what one message may carry.
type AttachmentLimits struct {
	MaxSize       Bytes // of one file
	MaxPerMessage int   // 0: no attachments
}

// App is what platforms have on which an app of its own speaks for an account.
type App struct {
	AppID      string
	AppSecret  Secret   // of Zalo: opens OAuth; of Messenger: signs the webhook
	MediaHosts []string // host:port that may hand files over from inside our network: of a simulator
}

// Hooked is what platforms have that agree upon a secret for the webhook alone.
type Hooked struct {
	// WebhookSecret of Zalo is the OA secret key of the webhook page, another one
	// than AppSecret; of Telegram, the secret_token, derived from the installation
	// key when empty.
	WebhookSecret Secret
}

// Zalo is what channels of KindZalo have; docs/channels/zalo.md tells where the
// values come from and which settings are for when Zalo changes its rules. The
// fields are spelled so that their keys are oa_id, oauth_url and openapi_url.
type Zalo struct {
	OaID             string
	OldWebhookSecret Secret // accepted as well, after a reset of the key
	CodeVerifier     Secret // for apps whose console holds a fixed code challenge
	Proof            bool   // send appsecret_proof
	ReplyWindow      time.Duration
	FreeWindow       time.Duration
	FreeReplies      int // 0: not counted
	PerMinute        int // calls of the app
	Buttons          int // of one message
	Lists            bool
	OauthURL         string
	OpenapiURL       string
}

// Messenger is what channels of KindMessenger have; docs/channels/messenger.md
// tells where the values come from.
type Messenger struct {
	PageID       string
	PageToken    Secret // the page's access token
	VerifyToken  Secret // asked for when the webhook is saved; derived from the installation key when empty
	HumanAgent   bool   // the app has the feature Human Agent: people may answer for seven days, not one
	Comments     bool   // comments under posts are conversations, too
	GraphVersion string // "v25.0"
	GraphURL     string
}

// Telegram is what channels of KindTelegram have; docs/channels/telegram.md
// tells where the values come from.
type Telegram struct {
	BotToken    Secret
	Polling     bool // fetch, instead of being called: for a hub that cannot be reached from outside
	TelegramURL string
}

// Portal is what the channel of KindPortal has; there is one at most.
type Portal struct {
	FormsPerHour int   // of one network address, behind which a whole village may sit
	FilesPerForm int   // 0: no files
	FileSize     Bytes // of one file
}

// section is what only channels of some kinds have.
type section interface{ kinds() []ChannelKind }

func (Webchat) kinds() []ChannelKind   { return []ChannelKind{KindWebchat} }
func (App) kinds() []ChannelKind       { return []ChannelKind{KindZalo, KindMessenger} }
func (Hooked) kinds() []ChannelKind    { return []ChannelKind{KindZalo, KindTelegram} }
func (Zalo) kinds() []ChannelKind      { return []ChannelKind{KindZalo} }
func (Messenger) kinds() []ChannelKind { return []ChannelKind{KindMessenger} }
func (Telegram) kinds() []ChannelKind  { return []ChannelKind{KindTelegram} }
func (Mail) kinds() []ChannelKind      { return []ChannelKind{KindEmail} }
func (Portal) kinds() []ChannelKind    { return []ChannelKind{KindPortal} }

// setDefaults is what a channel of the file starts from.
func (c *Channel) setDefaults() {
	c.MessagesPerMinute = MessageLimits{Visitor: 20, Address: 120}
	c.Attachments = AttachmentLimits{MaxSize: 10 * MB, MaxPerMessage: 5}
	c.ReplyWindow, c.FreeWindow = 7*24*time.Hour, 48*time.Hour
	c.PerMinute, c.Buttons = 4000, 4
	c.FormsPerHour, c.FilesPerForm, c.FileSize = 60, 5, 10*MB
	c.OauthURL, c.OpenapiURL = "https://oauth.zaloapp.com", "https://openapi.zalo.me"
	c.Comments, c.GraphVersion, c.GraphURL = true, "v25.0", "https://graph.facebook.com"
	c.TelegramURL = "https://api.telegram.org"
	c.Mail.setDefaults()
	c.Mattermost.setDefaults()
}

// Bot is when the bot answers and when it lets people do it.
type Bot struct {
	AnswerAt       float64 // calibrated probability from which the best entry is the answer
	ClarifyAt      float64 // from here up to AnswerAt the bot asks back with choices; below, people answer
	UnhelpfulLimit int     // unhelpful answers after which people take over
	// AnswersPerMinute bounds the replies to one person in a minute; then people take over. 0: no bound.
	AnswersPerMinute int
	Workers          int    // turns evaluated at the same time
	TextsFile        string // replaces the shipped texts; empty: shipped
	TriageFile       string // replaces the shipped words of urgent reports
}

// Alarms say how contacts outside the desk hear of urgent reports.
type Alarms struct {
	Gateway AlarmGateway
}

// AlarmGateway is a service for calls and short messages; docs/operate/alarms.md
// describes what it is sent.
type AlarmGateway struct {
	URL    string // empty: there is none
	Secret Secret // of the signature
}

// Knowledge is what holds of the life of questions and answers.
type Knowledge struct {
	ConfirmDays  int  // after which a department is asked whether an answer is still right
	PublishAlone bool // an administrator may publish what he wrote himself
}

// Rating is whether citizens are asked how their matter was handled.
type Rating struct {
	Ask bool // once, after people answered and closed it
}

// HoursFiles replace the shipped calendar.
type HoursFiles struct {
	File         string // office hours by weekday
	HolidaysFile string
	TargetsFile  string // how long the steps of a matter may take
	DutyFile     string // shifts of the permanent desk
}

// DirectoryFiles replace the shipped directory.
type DirectoryFiles struct {
	DepartmentsFile string
	FieldsFile      string
	LocalitiesFile  string
}

// Traces say whether a collector of OpenTelemetry is told what messages went through.
type Traces struct {
	URL   string  // of its OTLP over HTTP; empty: nobody is told
	Token Secret  // bearer token; empty: none
	Ratio float64 // of the messages, above 0 to 1
}

// Log is what the process says of itself.
type Log struct {
	Level  string // debug, info, warn or error
	Format string // text or json
}

// Default is a safe installation that needs no file: it listens on the loopback
// address only, keeps everything in ./data and has one chat for its own pages.
// configs/tongdai.yaml is the same with comments.
func Default() Config {
	web := Channel{ID: "web", Kind: KindWebchat, Name: "Trò chuyện trên cổng"}
	web.setDefaults()
	web.AllowedOrigins = []string{}
	form := Channel{ID: "portal", Kind: KindPortal, Name: "Gửi phản ánh trên cổng"}
	form.setDefaults()
	return Config{
		Organisation: Organisation{
			Name:       "Tổng đài 1022 tỉnh Thanh Hóa",
			CodePrefix: "TH",
			Timezone:   Zone.String(),
			Hotline:    Hotline{Short: "1022", Full: "02371022"},
		},
		HTTP: HTTP{
			Listen:         "127.0.0.1:8022",
			TrustedProxies: []string{},
			Limits: HTTPLimits{
				Body: MB, HeaderTimeout: 5 * time.Second,
				ReadTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
				ConnectionsPerAddress: 1000,
			},
			Session: Session{Idle: time.Hour, Absolute: 12 * time.Hour},
		},
		Data:      DataFolder{Folder: "./data"},
		Store:     Store{Kind: StoreBolt, Path: "tongdai.db", Postgres: Postgres{Connections: 16}},
		Media:     Media{Kind: MediaFolder, Folder: "media", S3: S3{PathStyle: true, Timeout: 15 * time.Second}},
		Backup:    Backup{At: "01:30", Keep: 14, Recipients: []string{}},
		Journal:   Journal{KeepDays: 14},
		Disk:      Disk{WarnAt: 80, AlarmAt: 90, FilesUntil: 95, Reserve: 64 * MB},
		Channels:  []Channel{web, form},
		Bot:       Bot{AnswerAt: 0.75, ClarifyAt: 0.35, UnhelpfulLimit: 2, AnswersPerMinute: 8, Workers: 4},
		Knowledge: Knowledge{ConfirmDays: 30},
		Rating:    Rating{Ask: true},
		Traces:    Traces{Ratio: 1},
		Log:       Log{Level: "info", Format: "text"},
	}
}
