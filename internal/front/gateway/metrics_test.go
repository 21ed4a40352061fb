package gateway_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"callout/internal/callout"
	"callout/internal/front/gateway"
	"callout/internal/lab"
	"callout/internal/nexthop"
)

// gathered returns the values of the gateway's metrics that are not zero, by name and label.
func gathered(t *testing.T, r prometheus.Gatherer) map[string]float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := make(map[string]float64)
	for _, f := range families {
		name := strings.TrimPrefix(f.GetName(), "callout_gateway_")
		for _, m := range f.GetMetric() {
			for _, label := range m.GetLabel() {
				name = strings.TrimPrefix(f.GetName(), "callout_gateway_") + " " + label.GetValue()
			}
			if v := m.GetCounter().GetValue() + m.GetGauge().GetValue(); v != 0 {
				values[name] = v
			}
		}
	}
	return values
}

// Every counter counts what it says.
func TestMetrics(t *testing.T) {
	moody := func(r *lab.Receiver) {
		r.Refuse = func(step lab.Step, argument string) string {
			switch {
			case step == lab.AtEnd && strings.Contains(argument, "later@"):
				return "452 4.3.1 full"
			case step == lab.AtEnd && strings.Contains(argument, "never@"):
				return "554 5.6.0 no"
			}
			return refuseUnknown(step, argument)
		}
	}
	from := func(sender string) func(*testing.T, *house) {
		return func(t *testing.T, h *house) {
			c := h.dial(t)
			c.ask("EHLO client.example", "250")
			c.ask("MAIL FROM:<"+sender+"@elsewhere.example>", "250")
			c.ask("RCPT TO:<john@example.com>", "250")
			c.ask("DATA", "354")
			c.send("x\r\n.\r\n")
			c.expect("")
			c.ask("QUIT", "221")
		}
	}
	for name, tt := range map[string]struct {
		act  func(*testing.T, *house)
		want string // in the order of fmt, which sorts
	}{
		"a connection": {func(t *testing.T, h *house) { h.dial(t).ask("QUIT", "221") }, "connections_total:1"},
		"an open session": {func(t *testing.T, h *house) {
			t.Helper()
			h.dial(t)
		}, "connections_total:1 sessions:1"},
		"too many of a client": {func(t *testing.T, h *house) {
			for range 2 {
				h.dial(t)
			}
			h.connect(t).expect("421 4.7.0")
		}, "connections_total:2 refused_connections_total:1 sessions:2"},
		"an early talker": {func(t *testing.T, h *house) {
			c := h.connect(t)
			c.say("EHLO early.example")
			c.expect("554")
		}, "connections_total:1 early_talkers_total:1"},
		"a failed handshake": {func(t *testing.T, h *house) {
			c := h.dial(t)
			c.ask("EHLO client.example", "250")
			c.ask("STARTTLS", "220")
			c.say("this is no TLS")
			c.closed()
		}, "connections_total:1 tls_failures_total:1"},
		"errors": {func(t *testing.T, h *house) {
			c := h.dial(t)
			c.say("ONE", "TWO", "THREE")
			c.expect("500", "500", "500", "421 4.7.0")
		}, "closed_for_errors_total:1 connections_total:1"},
		"an abandoned message": {func(t *testing.T, h *house) {
			c := h.dial(t)
			c.ask("EHLO client.example", "250")
			c.ask("MAIL FROM:<>", "250")
			c.ask("RCPT TO:<john@example.com>", "250")
			c.ask("DATA", "354")
			c.send("x\r\n")
			c.conn.Close()
		}, "abandoned_messages_total:1 connections_total:1 recipients_total 2xx:1"},
		"recipients": {func(t *testing.T, h *house) {
			c := h.dial(t)
			c.ask("EHLO client.example", "250")
			c.say("MAIL FROM:<>", "RCPT TO:<john@example.com>", "RCPT TO:<jane@example.com>", "RCPT TO:<nobody@example.com>", "RCPT TO:<x@away.example>", "QUIT")
			c.expect("250", "250", "250", "550", "451", "221")
		}, "connections_total:1 recipients_total 2xx:2 recipients_total 4xx:1 recipients_total 5xx:1"},
		"a message":          {from("sender"), "connections_total:1 messages_total 2xx:1 octets_total:3 recipients_total 2xx:1"},
		"a deferred message": {from("later"), "connections_total:1 messages_total 4xx:1 recipients_total 2xx:1"},
		"a refused message":  {from("never"), "connections_total:1 messages_total 5xx:1 recipients_total 2xx:1"},
	} {
		t.Run(name, func(t *testing.T) {
			registry := prometheus.NewRegistry()
			p := encrypted(t)
			certificate := p.options
			p.options = func(o *gateway.Options) { certificate(o); o.Registerer = registry }
			p.settings = func(s *gateway.Settings) {
				s.MaxConnectionsPerClient, s.MaxErrors = 2, 3
				if name == "an early talker" {
					s.BannerDelay = time.Minute // however late it talks, it is early
				}
			}
			p.hop = moody
			h := build(t, p)
			tt.act(t, h)
			if !strings.Contains(tt.want, "sessions:") {
				h.end(t) // so that all of it has been counted
			}
			got := strings.TrimSuffix(strings.TrimPrefix(fmt.Sprint(gathered(t, registry)), "map["), "]")
			if got != tt.want {
				t.Errorf("%s\nwant %s", got, tt.want)
			}
		})
	}
}

// Connections over max_connections are counted too.
func TestRefusedConnectionsAreCounted(t *testing.T) {
	registry := prometheus.NewRegistry()
	h := build(t, plan{
		settings: func(s *gateway.Settings) { s.MaxConnections = 1 },
		options:  func(o *gateway.Options) { o.Registerer = registry },
	})
	h.dial(t)
	h.connect(t).expect("421 4.3.2")
	if got := gathered(t, registry); got["refused_connections_total"] != 1 || got["connections_total"] != 1 {
		t.Errorf("%v", got)
	}
}

// Every metric of the gateway and of the sessions with next hops is documented with its labels, and no other is.
func TestMetricsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := make(map[string]string)
	for _, row := range regexp.MustCompile("(?m)^\\| `(callout_(?:gateway|delivery)_[a-z_]+)` \\| ([^|]*)\\|").FindAllStringSubmatch(string(text), -1) {
		documented[row[1]] = strings.TrimSpace(strings.ReplaceAll(row[2], "`", ""))
	}
	registry := prometheus.NewRegistry()
	gateway.New(gateway.Options{Registerer: registry})
	pools := callout.NewPools(callout.Options{})
	defer pools.Close(t.Context())
	hops := nexthop.New(nexthop.Options{Pools: pools, Registerer: registry})
	defer hops.Close(t.Context())
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		var labels []string
		for _, l := range f.GetMetric()[0].GetLabel() {
			labels = append(labels, l.GetName())
		}
		is, ok := documented[f.GetName()]
		if want := strings.Join(labels, ", "); !ok || is != want {
			t.Errorf("%s: documented: %v, with labels %q; want %q", f.GetName(), ok, is, want)
		}
		delete(documented, f.GetName())
	}
	for name := range documented {
		t.Errorf("%s is documented, but there is no such metric", name)
	}
}
