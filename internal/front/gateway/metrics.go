package gateway

import (
	"github.com/prometheus/client_golang/prometheus"
)

// metrics counts what the gateway does. What is decided of recipients the verifier counts too.
type metrics struct {
	connections   prometheus.Counter
	turnedAway    prometheus.Counter
	early         prometheus.Counter
	badHandshakes prometheus.Counter
	tooManyErrors prometheus.Counter
	abandoned     prometheus.Counter
	octets        prometheus.Counter
	recipients    [6]prometheus.Counter // by the class of the reply
	messages      [6]prometheus.Counter // likewise
}

func newMetrics(r prometheus.Registerer, s *Server) *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "callout_gateway_" + name, Help: help})
	}
	m := &metrics{
		connections:   counter("connections_total", "Connections of clients that were served."),
		turnedAway:    counter("refused_connections_total", "Connections closed at once, because there were too many."),
		early:         counter("early_talkers_total", "Clients that talked before the banner, and were closed."),
		badHandshakes: counter("tls_failures_total", "TLS handshakes with clients that failed."),
		tooManyErrors: counter("closed_for_errors_total", "Sessions closed after max_errors."),
		abandoned:     counter("abandoned_messages_total", "Messages that the client stopped sending in the middle; nothing was delivered."),
		octets:        counter("octets_total", "Octets of the messages that were passed on."),
	}
	recipients := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "callout_gateway_recipients_total", Help: "RCPT commands, by what the client was told.",
	}, []string{"reply"})
	messages := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "callout_gateway_messages_total", Help: "Messages that came whole, by the final reply.",
	}, []string{"reply"})
	for class, name := range map[int]string{2: "2xx", 4: "4xx", 5: "5xx"} {
		m.recipients[class], m.messages[class] = recipients.WithLabelValues(name), messages.WithLabelValues(name)
	}
	if r != nil {
		r.MustRegister(m.connections, m.turnedAway, m.early, m.badHandshakes, m.tooManyErrors, m.abandoned, m.octets, recipients, messages,
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "callout_gateway_sessions", Help: "Open sessions with clients."},
				func() float64 { s.mu.Lock(); defer s.mu.Unlock(); return float64(s.places) }))
	}
	return m
}

// recipient counts a RCPT that is about to be answered.
func (m *metrics) recipient(code int) { m.recipients[code/100].Inc() }

// message counts a message that came whole.
func (m *metrics) message(code int, size int64) {
	m.messages[code/100].Inc()
	if code/100 == 2 {
		m.octets.Add(float64(size))
	}
}
