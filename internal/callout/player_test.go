package callout_test

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/lab"
)

// set changes a setting, by its name in the configuration.
func (p *player) set(what string) error {
	key, value, _ := strings.Cut(what, " ")
	s := &p.settings
	var err error
	switch key {
	case "hostname":
		s.Hostname = value
	case "mail_from":
		s.MailFrom = value
	case "pipelining":
		s.Pipelining = value == "auto"
	case "max_sessions":
		s.MaxSessions, err = strconv.Atoi(value)
	case "recipients_per_transaction":
		s.RecipientsPerTransaction, err = strconv.Atoi(value)
	case "connect_timeout":
		s.ConnectTimeout, err = time.ParseDuration(value)
	case "reply_timeout":
		s.ReplyTimeout, err = time.ParseDuration(value)
	case "deadline":
		s.Deadline, err = time.ParseDuration(value)
	case "tls":
		s.TLS, err = parseMode(value)
	case "source":
		s.Source, err = parseAddrs(value)
	case "client_cert":
		cert, certErr := lab.Certificate(value)
		s.ClientCert, err = &cert, certErr
	default:
		err = errors.New("unknown setting")
	}
	return err
}

func parseMode(name string) (callout.TLSMode, error) {
	for _, m := range []callout.TLSMode{callout.TLSOpportunistic, callout.TLSOff, callout.TLSRequire, callout.TLSVerify} {
		if m.String() == name {
			return m, nil
		}
	}
	return 0, fmt.Errorf("%q is no tls mode", name)
}

func parseAddrs(text string) (all []netip.Addr, err error) {
	for word := range strings.FieldsSeq(text) {
		a, err := netip.ParseAddr(word)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

// question reads what stands behind ask.
func (p *player) question(text string) (callout.Question, error) {
	settings := p.settings
	q := callout.Question{Settings: &settings}
	who, at, ok := strings.Cut(text, " at ")
	if !ok {
		return q, fmt.Errorf("no host in %q", text)
	}
	words := strings.Fields(who)
	var err error
	if q.Recipient, err = address.Parse(words[0]); err != nil {
		return q, err
	}
	for words = words[1:]; len(words) > 0; words = words[1:] {
		switch words[0] {
		case "probe":
			q.Probe = callout.RandomRecipient("", q.Recipient.Domain())
		case "renewing":
			q.Renewal = callout.RandomRecipient("", q.Recipient.Domain())
			q.Renewed = func(a callout.ProbeAnswer) { p.renewals <- renewed(a) }
			p.pending++
		case "avoiding":
			if len(words) < 2 {
				return q, errors.New("avoiding whom?")
			}
			words = words[1:]
			if q.Avoid, err = callout.ParseHost(words[0]); err != nil {
				return q, err
			}
		default:
			return q, fmt.Errorf("unknown word %q", words[0])
		}
	}
	q.Destination, err = parseDestination(at)
	return q, err
}

func parseDestination(text string) (d callout.Destination, err error) {
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

// shuffle draws the order that the dialogue wants, else the one in which the hosts are written.
func (p *player) shuffle(n int) []int {
	p.mu.Lock()
	defer p.mu.Unlock()
	order := make([]int, n)
	for i := range order {
		order[i] = i
		if len(p.order) == n {
			order[i] = p.order[i] - 1
		}
	}
	return order
}

func (p *player) setOrder(text string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.order = nil
	for word := range strings.FieldsSeq(text) {
		n, err := strconv.Atoi(word)
		if err != nil {
			return err
		}
		p.order = append(p.order, n)
	}
	for n := range p.order {
		if !slices.Contains(p.order, n+1) {
			return fmt.Errorf("%q leaves out %d", text, n+1)
		}
	}
	return nil
}

func (p *player) addOwn(text string) error {
	a, err := netip.ParseAddrPort(text)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.own = append(p.own, a)
	return err
}

func (p *player) isOwn(a netip.AddrPort) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Contains(p.own, a)
}

// remember and remembered are the store.
func (p *player) remember(l callout.Learned) {
	p.mu.Lock()
	defer p.mu.Unlock()
	what := l.Address + " " + string(l.Limit)
	if l.Expires.IsZero() {
		delete(p.learned, what)
		return
	}
	p.learned[what] = l
}

func (p *player) remembered() []callout.Learned {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Collect(maps.Values(p.learned))
}
