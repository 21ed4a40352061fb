package nexthop_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"callout/internal/callout"
	"callout/internal/lab"
	"callout/internal/lab/labtest"
	"callout/internal/nexthop"
	"callout/internal/smtpwire"
)

// Every file of testdata is a dialogue that shows a rule, named for it. Besides those of labtest its steps are
//
//	> begin [xclient ADDRESS PORT HELO] [FROM [PARAMETERS OF MAIL]] at mx1.example.com,mx2.example.com mx3.example.com
//	< mx1.example.com:25 (or: the refusal, or the problem)
//	> rcpt john@example.com [PARAMETERS OF RCPT], jane@example.com
//	< the replies and the problem, with " | " between
//	> data, > bdat
//	< the reply
//	> write [1000x] "octets as Go writes strings"
//	< ok (or: the problem; and: early: the reply that came before the end)
//	> finish
//	< the reply, or the problem
//	> release, > cut
//	> set tls off            (a setting of the deliveries that follow)
//	> sessions               (open, opened and reused ones)
//	< open 1, opened 2, reused 3
//	> status                 (of the hop of the last begin, and the last problem)
//	< up, open 1, messages 1: delivery to mx1.example.com:25: data: 554 5.7.1 spam
//	> close
func TestDialogues(t *testing.T) {
	labtest.Run(t, "testdata/*.txt", func(t *testing.T, n *lab.Network) labtest.Player {
		p := &player{t: t, settings: callout.DefaultSettings(), registry: prometheus.NewRegistry()}
		p.settings.Hostname = "filter.example.net"
		p.pools = callout.NewPools(callout.Options{Dial: n.Dial, Resolver: n, Roots: lab.Roots(), Shuffle: inOrder})
		p.hops = nexthop.New(nexthop.Options{Pools: p.pools, Registerer: p.registry})
		return p
	})
}

func inOrder(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}

type player struct {
	t        *testing.T
	pools    *callout.Pools
	hops     *nexthop.Hops
	registry *prometheus.Registry
	settings callout.Settings
	d        *nexthop.Delivery
	route    nexthop.Route // of the last begin
}

// Stop implements labtest.Player.
func (p *player) Stop() {
	if p.d != nil {
		p.d.Cut()
	}
	p.hops.Close(p.t.Context())
	p.pools.Close(p.t.Context())
	if got := p.gathered("callout_delivery_sessions"); got != 0 {
		p.t.Errorf("%v sessions left open", got)
	}
}

// Question implements labtest.Player: rcpt.
func (p *player) Question(text string) (func() string, error) {
	var rs []nexthop.Recipient
	for one := range strings.SplitSeq(text, ", ") {
		path, params, _ := strings.Cut(one, " ")
		if quoted, err := strconv.QuotedPrefix(one); err == nil {
			path, _ = strconv.Unquote(quoted)
			params = one[len(quoted):]
		}
		parsed, err := smtpwire.ParseRcptParams([]byte(params))
		if err != nil {
			return nil, err
		}
		rs = append(rs, nexthop.Recipient{Path: path, Params: parsed})
	}
	return func() string {
		var said []string
		replies, err := p.d.Recipients(p.t.Context(), rs)
		for _, r := range replies {
			said = append(said, r.String())
		}
		if err != nil {
			said = append(said, err.Error())
		}
		return strings.Join(said, " | ")
	}, nil
}

// Tell implements labtest.Teller.
func (p *player) Tell(verb, rest string) (words string, told bool, err error) {
	switch verb {
	case "begin":
		words, err = p.begin(rest)
	case "data", "bdat":
		words = result(p.d.Start(p.t.Context(), verb == "bdat"))
	case "write":
		words, err = p.write(rest)
	case "finish":
		words = result(p.d.Finish(p.t.Context()))
	case "sessions":
		words = fmt.Sprintf("open %v, opened %v, reused %v", p.gathered("callout_delivery_sessions"),
			p.gathered("callout_delivery_sessions_opened_total"), p.gathered("callout_delivery_sessions_reused_total"))
	case "status":
		words = p.status()
	default:
		return "", false, nil
	}
	return words, true, err
}

func result(reply smtpwire.Reply, err error) string {
	if err != nil {
		return strings.TrimSpace(reply.String() + " " + err.Error())
	}
	return reply.String()
}

// begin begins a delivery.
func (p *player) begin(text string) (string, error) {
	settings := p.settings
	r := nexthop.Route{Settings: &settings}
	var e nexthop.Envelope
	what, at, ok := strings.Cut(text, "at ")
	if !ok {
		return "", errors.New("where?")
	}
	var err error
	if r.Destination, err = destination(at); err != nil {
		return "", err
	}
	if behind, ok := strings.CutPrefix(what, "xclient "); ok {
		words := strings.Fields(behind)
		r.XCLIENT = true
		port, _ := strconv.Atoi(words[1])
		e.Client = nexthop.Client{Port: uint16(port), Helo: words[2], ESMTP: true}
		e.Client.Address, _ = netip.ParseAddr(words[0])
		what = strings.Join(words[3:], " ")
	}
	sender, params, _ := strings.Cut(strings.TrimSpace(what), " ")
	if e.Params, err = smtpwire.ParseMailParams([]byte(params)); err != nil {
		return "", err
	}
	e.Sender = sender
	p.route = r
	d, err := p.hops.Begin(p.t.Context(), r, &e)
	if err != nil {
		return err.Error(), nil
	}
	p.d = d
	return d.Host(), nil
}

func (p *player) status() string {
	s, ok := p.hops.Status()[p.route.ID()]
	if _, troubled := p.hops.Troubled()[p.route.ID()]; !ok || troubled != s.State.Troubled() || troubled != (s.Trouble != nil) || s.Since.IsZero() != (s.State == nexthop.Unknown) {
		p.t.Errorf("%+v, %v; among those in trouble: %v", s, ok, troubled)
	}
	words := fmt.Sprintf("%s, open %d, messages %d", s.State, s.Sessions, s.Messages)
	if s.Problem != nil {
		words += ": " + s.Problem.Error()
	}
	return words
}

func destination(text string) (d callout.Destination, err error) {
	for group := range strings.SplitSeq(text, " ") {
		var hosts []callout.Host
		for name := range strings.SplitSeq(group, ",") {
			h, err := callout.ParseHost(name)
			if err != nil {
				return nil, err
			}
			hosts = append(hosts, h)
		}
		d = append(d, hosts)
	}
	return d, nil
}

func (p *player) write(text string) (string, error) {
	times := 1
	if n, behind, ok := strings.Cut(text, "x "); ok && n != "" && strings.Trim(n, "0123456789") == "" {
		times, _ = strconv.Atoi(n)
		text = behind
	}
	octets, err := strconv.Unquote(text)
	if err != nil {
		return "", err
	}
	if _, err := p.d.Write([]byte(strings.Repeat(octets, times))); err != nil {
		if early := p.d.EarlyReply(); !early.IsZero() {
			return err.Error() + "; early: " + early.String(), nil
		}
		return err.Error(), nil
	}
	return "ok", nil
}

// Do implements labtest.Player.
func (p *player) Do(verb, rest string) error {
	switch verb {
	case "release":
		p.d.Release()
	case "cut":
		p.d.Cut()
	case "close":
		p.hops.Close(p.t.Context())
	case "set":
		return p.set(rest)
	default:
		return fmt.Errorf("unknown step %q", verb)
	}
	return nil
}

func (p *player) set(what string) error {
	switch what {
	case "pipelining off":
		p.settings.Pipelining = false
	case "tls off":
		p.settings.TLS = callout.TLSOff
	case "tls verify":
		p.settings.TLS = callout.TLSVerify
	default:
		return fmt.Errorf("unknown setting %q", what)
	}
	return nil
}

// gathered returns the value of a metric.
func (p *player) gathered(name string) float64 {
	families, err := p.registry.Gather()
	if err != nil {
		p.t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			m := f.GetMetric()[0]
			return m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return -1
}
