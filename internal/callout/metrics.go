package callout

import "github.com/prometheus/client_golang/prometheus"

// metrics counts what was asked and shows how the pools stand.
type metrics struct {
	callouts    *prometheus.CounterVec
	probes      *prometheus.CounterVec
	connections *prometheus.CounterVec

	acceptedAtRcpt, rejectedAtRcpt prometheus.Counter
}

func newMetrics(r prometheus.Registerer, ps *Pools) *metrics {
	m := &metrics{
		callouts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "callout_callouts_total",
			Help: "Questions put to destinations, by outcome and by the stage at which they ended.",
		}, []string{"outcome", "stage"}),
		probes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "callout_probes_total",
			Help: "Random addresses that destinations were asked about, by outcome.",
		}, []string{"outcome"}),
		connections: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "callout_connections_total",
			Help: "Sessions begun with destinations, by result: ok, or the kind of problem before the first MAIL.",
		}, []string{"result"}),
	}
	m.acceptedAtRcpt = m.callouts.WithLabelValues(Accepted.String(), StageRcpt.String())
	m.rejectedAtRcpt = m.callouts.WithLabelValues(Rejected.String(), StageRcpt.String())
	if r != nil {
		r.MustRegister(m.callouts, m.probes, m.connections, poolCollector{ps})
	}
	return m
}

func (m *metrics) answered(a Answer) {
	switch {
	case a.Outcome == Accepted && a.Stage == StageRcpt:
		m.acceptedAtRcpt.Inc()
	case a.Outcome == Rejected && a.Stage == StageRcpt:
		m.rejectedAtRcpt.Inc()
	default:
		m.callouts.WithLabelValues(a.Outcome.String(), a.Stage.String()).Inc()
	}
}

func (m *metrics) probed(o Outcome) { m.probes.WithLabelValues(o.String()).Inc() }

func (m *metrics) connected(p *Problem) {
	result := "ok"
	if p != nil {
		result = p.Kind.String()
	}
	m.connections.WithLabelValues(result).Inc()
}

// poolCollector reads the pools when somebody looks, so that a question pays nothing for it.
type poolCollector struct{ pools *Pools }

var (
	sessionsDesc = prometheus.NewDesc("callout_sessions", "Sessions open with a destination host, opening and ending ones included.", []string{"destination"}, nil)
	queueDesc    = prometheus.NewDesc("callout_queue_length", "Questions that wait for a session with a destination host.", []string{"destination"}, nil)
	upDesc       = prometheus.NewDesc("callout_destination_up", "1 while a destination host answers as it should, 0 after a problem until it does again.", []string{"destination"}, nil)
)

// Describe implements prometheus.Collector.
func (c poolCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- sessionsDesc
	ch <- queueDesc
	ch <- upDesc
}

// Collect implements prometheus.Collector.
func (c poolCollector) Collect(ch chan<- prometheus.Metric) {
	for _, s := range c.pools.Status() {
		ch <- prometheus.MustNewConstMetric(sessionsDesc, prometheus.GaugeValue, float64(s.Sessions), s.Address)
		ch <- prometheus.MustNewConstMetric(queueDesc, prometheus.GaugeValue, float64(s.Queue), s.Address)
		if s.State == StateUnknown {
			continue
		}
		up := 0.0
		if s.State == StateUp {
			up = 1
		}
		ch <- prometheus.MustNewConstMetric(upDesc, prometheus.GaugeValue, up, s.Address)
	}
}
