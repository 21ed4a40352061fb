package nexthop

import "github.com/prometheus/client_golang/prometheus"

// metrics counts the sessions.
type metrics struct {
	opened prometheus.Counter
	reused prometheus.Counter
	open   prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		opened: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "callout_delivery_sessions_opened_total",
			Help: "Sessions opened with next hops to pass messages on.",
		}),
		reused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "callout_delivery_sessions_reused_total",
			Help: "Transactions that went in a session which an earlier one had opened.",
		}),
		open: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "callout_delivery_sessions",
			Help: "Sessions open with next hops, those included that are kept for the next message.",
		}),
	}
	if r != nil {
		r.MustRegister(m.opened, m.reused, m.open)
	}
	return m
}
