package inbox

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tongdai/bot"
	"tongdai/connectors"
)

// Metrics are the hub's figures. They carry no personal data: labels are
// channels, outcomes and kinds of errors.
type Metrics struct {
	messages   *prometheus.CounterVec
	strange    *prometheus.CounterVec
	heard      *prometheus.GaugeVec
	receive    *prometheus.HistogramVec
	turns      *prometheus.CounterVec
	wait       prometheus.Histogram
	think      prometheus.Histogram
	answer     prometheus.Histogram
	deliveries *prometheus.CounterVec
	settled    *prometheus.CounterVec
	call       *prometheus.HistogramVec
	delivery   *prometheus.HistogramVec
	calls      *prometheus.CounterVec
	posts      *prometheus.CounterVec
	confirm    prometheus.Histogram
	parked     *prometheus.CounterVec
	node       prometheus.Gauge
	leases     *prometheus.GaugeVec
	works      *prometheus.GaugeVec
	expires    *prometheus.GaugeVec
}

func newMetrics(node string) *Metrics {
	buckets := []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10}
	longer := []float64{.05, .1, .2, .5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 6 * 3600, 24 * 3600}
	return &Metrics{
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tongdai_messages_received_total",
			Help: "Messages of citizens by channel and result: kept, repeated by the platform, or refused because they could not be kept.",
		}, []string{"channel", "result"}),
		strange: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tongdai_messages_quarantined_total",
			Help: "What arrived, was not understood and is kept for people to look at; what the platform sends again counts again.",
		}, []string{"channel"}),
		heard: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tongdai_channel_last_received_timestamp_seconds",
			Help: "When something new last came by the channel through this node, in Unix time; absent until then.",
		}, []string{"channel"}),
		receive: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tongdai_receive_seconds", Help: "Time until what came in is on disk.", Buckets: buckets,
		}, []string{"channel"}),
		turns: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tongdai_turns_total", Help: "Messages the bot evaluated, by outcome.",
		}, []string{"outcome"}),
		wait: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "tongdai_turn_wait_seconds", Help: "Time from a message's arrival until the bot took it up.", Buckets: buckets,
		}),
		think: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "tongdai_turn_seconds", Help: "Time the bot took to decide and to write what it decided.", Buckets: buckets,
		}),
		answer: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "tongdai_answer_seconds", Help: "Time from a message's arrival to the bot's committed answer.", Buckets: buckets,
		}),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tongdai_delivery_attempts_total", Help: "Calls of platforms by channel and result (ok, or the kind of the error).",
		}, []string{"channel", "result"}),
		settled: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tongdai_deliveries_total",
			Help: "How attempts at deliveries ended, by channel: sent, queued (tried again later), parked (left to a person) or failed (refused for good).",
		}, []string{"channel", "outcome"}),
		call: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tongdai_delivery_call_seconds", Help: "Time a platform took to answer one call.", Buckets: append(buckets, 30),
		}, []string{"channel"}),
		delivery: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tongdai_delivery_seconds", Help: "Time from when a message was written until its platform had taken it.", Buckets: longer,
		}, []string{"channel"}),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tongdai_alarm_calls_total", Help: "Tries to reach contacts about urgent reports, by way and result: ok or failed.",
		}, []string{"way", "result"}),
		posts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tongdai_bridge_posts_total", Help: "Calls that told departments of matters where they work, by bridge and result (ok, or the kind of the error).",
		}, []string{"bridge", "result"}),
		confirm: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "tongdai_alarm_confirmation_seconds", Help: "Time from an urgent report until somebody confirmed having taken note.", Buckets: longer,
		}),
		parked: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tongdai_work_parked_total", Help: "Work left to people because what it needs is damaged in the store, by kind.",
		}, []string{"kind"}),
		node: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "tongdai_node_info", Help: "Always 1; the label names this node.",
			ConstLabels: prometheus.Labels{"node": node},
		}),
		leases: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tongdai_lease_held", Help: "Whether this node does, alone among all nodes, what the lease is for.",
		}, []string{"lease"}),
		works: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tongdai_channel_works",
			Help: "Whether the channel could be used at the last check: 1, 0.5 when it can and needs somebody soon, 0. Told by the node that checks it.",
		}, []string{"channel"}),
		expires: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tongdai_channel_expires_timestamp_seconds", Help: "When the channel's credentials expire, if they do, in Unix time.",
		}, []string{"channel"}),
	}
}

// begin tells of what has not happened yet that it did so 0 times: the first time
// could not be told from the beginning otherwise.
func (m *Metrics) begin(channels []connectors.ChannelID, ways []Way) {
	for _, c := range channels {
		for _, result := range []string{"kept", "repeated", "refused"} {
			m.messages.WithLabelValues(string(c), result)
		}
		m.strange.WithLabelValues(string(c))
	}
	for _, w := range ways {
		for _, result := range []string{"ok", "failed"} {
			m.calls.WithLabelValues(w.Name(), result)
		}
	}
	for _, kind := range works {
		m.parked.WithLabelValues(string(kind))
	}
}

// Collectors returns the hub's figures for a registry.
func (h *Hub) Collectors() []prometheus.Collector {
	m := h.metrics
	m.node.Set(1)
	followed := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "tongdai_event_followed", Help: "Number of the newest event this node has passed on; a node that stays behind the others shows old pages.",
	}, func() float64 { return float64(h.feed.Last()) })
	return []prometheus.Collector{
		m.messages, m.strange, m.heard, m.receive, m.turns, m.wait, m.think, m.answer, m.deliveries, m.settled, m.call, m.delivery,
		m.calls, m.posts, m.confirm, m.parked, m.node, m.leases, m.works, m.expires, followed, h.survey,
	}
}

func (m *Metrics) received(raw connectors.Raw, kept, repeated int, took time.Duration, err error) {
	channel := raw.Channel
	if err != nil {
		m.messages.WithLabelValues(string(channel), "refused").Inc()
		return
	}
	m.messages.WithLabelValues(string(channel), "kept").Add(float64(kept))
	m.messages.WithLabelValues(string(channel), "repeated").Add(float64(repeated))
	m.receive.WithLabelValues(string(channel)).Observe(took.Seconds())
	if raw.Trouble != "" {
		m.strange.WithLabelValues(string(channel)).Inc()
	}
	if kept > 0 {
		m.heard.WithLabelValues(string(channel)).SetToCurrentTime()
	}
}

// turned counts a turn that took so long, and was over so long after the message had come.
func (m *Metrics) turned(outcome bot.Outcome, answer, took time.Duration) {
	m.turns.WithLabelValues(string(outcome)).Inc()
	m.wait.Observe(max(answer-took, 0).Seconds())
	m.think.Observe(took.Seconds())
	m.answer.Observe(answer.Seconds())
}

// delivered counts a call of a platform that took so long, about a message that
// was written so long ago.
func (m *Metrics) delivered(channel connectors.ChannelID, took, age time.Duration, err error) {
	m.call.WithLabelValues(string(channel)).Observe(took.Seconds())
	result := "ok"
	if err != nil {
		result = connectors.KindOf(err).String()
	} else {
		m.delivery.WithLabelValues(string(channel)).Observe(age.Seconds())
	}
	m.deliveries.WithLabelValues(string(channel), result).Inc()
}

// concluded counts how an attempt ended.
func (m *Metrics) concluded(channel connectors.ChannelID, state DeliveryState) {
	if state.arrived() {
		state = Sent
	}
	m.settled.WithLabelValues(string(channel), string(state)).Inc()
}

// reached counts a try to reach somebody about an urgent report.
func (m *Metrics) reached(way string, err error) {
	result := "ok"
	if err != nil {
		result = "failed"
	}
	m.calls.WithLabelValues(way, result).Inc()
}

// posted counts a call that told a place of a bridge something.
func (m *Metrics) posted(bridge connectors.ChannelID, err error) {
	result := "ok"
	if err != nil {
		result = connectors.KindOf(err).String()
	}
	m.posts.WithLabelValues(string(bridge), result).Inc()
}

// confirmed notes how long an urgent report went unconfirmed; zero: nothing was confirmed.
func (m *Metrics) confirmed(after time.Duration) {
	if after > 0 {
		m.confirm.Observe(after.Seconds())
	}
}

func (m *Metrics) checked(channel connectors.ChannelID, health connectors.Health) {
	works := 0.0
	switch {
	case health.OK && health.Problem == "":
		works = 1
	case health.OK:
		works = 0.5
	}
	m.works.WithLabelValues(string(channel)).Set(works)
	if !health.Expires.IsZero() {
		m.expires.WithLabelValues(string(channel)).Set(float64(health.Expires.Unix()))
	}
}

func (m *Metrics) unchecked(channel connectors.ChannelID) {
	m.works.DeleteLabelValues(string(channel))
	m.expires.DeleteLabelValues(string(channel))
}
