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
	receive    *prometheus.HistogramVec
	turns      *prometheus.CounterVec
	answer     prometheus.Histogram
	deliveries *prometheus.CounterVec
	parked     *prometheus.CounterVec
	node       prometheus.Gauge
	leases     *prometheus.GaugeVec
	works      *prometheus.GaugeVec
	expires    *prometheus.GaugeVec
}

func newMetrics(node string) *Metrics {
	buckets := []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10}
	return &Metrics{
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tongdai_messages_received_total",
			Help: "Messages of citizens by channel and result: kept, repeated by the platform, or refused because they could not be kept.",
		}, []string{"channel", "result"}),
		receive: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tongdai_receive_seconds", Help: "Time until what came in is on disk.", Buckets: buckets,
		}, []string{"channel"}),
		turns: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tongdai_turns_total", Help: "Messages the bot evaluated, by outcome.",
		}, []string{"outcome"}),
		answer: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "tongdai_answer_seconds", Help: "Time from a message's arrival to the bot's committed answer.", Buckets: buckets,
		}),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tongdai_delivery_attempts_total", Help: "Calls of platforms by channel and result (ok, or the kind of the error).",
		}, []string{"channel", "result"}),
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

// Collectors returns the hub's figures for a registry.
func (h *Hub) Collectors() []prometheus.Collector {
	m := h.metrics
	m.node.Set(1)
	followed := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "tongdai_event_followed", Help: "Number of the newest event this node has passed on; a node that stays behind the others shows old pages.",
	}, func() float64 { return float64(h.feed.Last()) })
	return []prometheus.Collector{m.messages, m.receive, m.turns, m.answer, m.deliveries, m.parked, m.node, m.leases, m.works, m.expires, followed}
}

func (m *Metrics) received(channel connectors.ChannelID, kept, repeated int, took time.Duration, err error) {
	if err != nil {
		m.messages.WithLabelValues(string(channel), "refused").Inc()
		return
	}
	m.messages.WithLabelValues(string(channel), "kept").Add(float64(kept))
	m.messages.WithLabelValues(string(channel), "repeated").Add(float64(repeated))
	m.receive.WithLabelValues(string(channel)).Observe(took.Seconds())
}

func (m *Metrics) turned(outcome bot.Outcome, took time.Duration) {
	m.turns.WithLabelValues(string(outcome)).Inc()
	m.answer.Observe(took.Seconds())
}

func (m *Metrics) delivered(channel connectors.ChannelID, err error) {
	result := "ok"
	if err != nil {
		result = connectors.KindOf(err).String()
	}
	m.deliveries.WithLabelValues(string(channel), result).Inc()
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
