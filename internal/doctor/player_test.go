package doctor_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/doctor"
	"callout/internal/lab"
	"callout/internal/lab/labtest"
)

// Every file of testdata is a destination with a peculiarity, and what an examination finds. Besides labtest's own steps
// there are
//
//	> ask example.com at HOSTS [good ADDRESS]   examines; hosts of equal priority are joined by commas. For each host the
//	                                            findings in their order: bare where good, else "note X" or "MEND X"
//	> why CHECK      what the last examination says of it, of the first host that has it and is not good there
//	> followed       the dialogues of the last examination, line by line, random addresses as *
//	> set KEY VALUE  hostname, tls, mail_from, pipelining, mode, catch_all_check; catch_all on: said to be one
//	> own IP:PORT    Callout itself listens there
//	> here IP        an address of this machine
func TestDialogues(t *testing.T) {
	labtest.Run(t, "testdata/*.txt", func(t *testing.T, n *lab.Network) labtest.Player {
		p := &player{t: t, settings: callout.DefaultSettings()}
		p.settings.Hostname = "filter.example.net"
		p.options = doctor.Options{
			Dial: n.Dial, Resolver: n, Roots: lab.Roots(),
			Own:   func(a netip.AddrPort) bool { return slices.Contains(p.own, a) },
			Trace: p.follow,
			Here:  func(a netip.Addr) bool { return slices.Contains(p.here, a) },
		}
		return p
	})
}

type player struct {
	t        *testing.T
	settings callout.Settings
	shape    doctor.Case // with what the domain makes of a catch-all
	options  doctor.Options
	own      []netip.AddrPort
	here     []netip.Addr
	last     *doctor.Report
	lines    []string
}

func (p *player) Stop() {}

// Question implements labtest.Player.
func (p *player) Question(text string) (func() string, error) {
	domain, rest, ok := strings.Cut(text, " at ")
	if !ok {
		return nil, fmt.Errorf("no host in %q", text)
	}
	c := p.shape
	c.Domain, c.Settings = domain, p.settings
	rest, good, ok := strings.Cut(rest, " good ")
	if ok {
		var err error
		if c.Good, err = address.Parse(good); err != nil {
			return nil, err
		}
	}
	for group := range strings.SplitSeq(rest, " ") {
		var hosts []callout.Host
		for name := range strings.SplitSeq(group, ",") {
			h, err := callout.ParseHost(name)
			if err != nil {
				return nil, err
			}
			hosts = append(hosts, h)
		}
		c.Destination = append(c.Destination, hosts)
	}
	return func() string {
		began := time.Now()
		p.lines = nil
		p.last = doctor.Examine(context.Background(), c, p.options)
		if took := time.Since(began); took > time.Duration(max(1, len(p.last.Hosts)))*doctor.MaxTime {
			p.t.Errorf("it took %v", took)
		}
		return told(p.t, p.last)
	}, nil
}

// told puts a report in words, and sees that it kept its bounds.
func told(t *testing.T, r *doctor.Report) string {
	all := []string{string(r.Result)}
	for _, h := range r.Hosts {
		name := strings.TrimSuffix(h.Name, ".example.com:25")
		if h.Address != "" && h.Address != h.Name {
			name += " at " + h.Address
		}
		if h.Server != "" {
			name += " (" + h.Server + ")"
		}
		all = append(all, name+": "+findings(h.Findings))
		if h.Connections > doctor.MaxConnections || h.Recipients > doctor.MaxRecipients {
			t.Errorf("%s: %d connections, %d recipients", h.Name, h.Connections, h.Recipients)
		}
	}
	if len(r.Findings) > 0 {
		all = append(all, "all: "+findings(r.Findings))
	}
	return strings.Join(all, " | ")
}

func findings(list []doctor.Finding) string {
	words := make([]string, 0, len(list))
	for _, f := range list {
		switch f.Level {
		case doctor.Note:
			words = append(words, "note "+string(f.Check))
		case doctor.Mend:
			words = append(words, "MEND "+string(f.Check))
		default:
			words = append(words, string(f.Check))
		}
	}
	return strings.Join(words, ", ")
}

func (p *player) follow(l callout.Line) {
	p.lines = append(p.lines, fmt.Sprintf("%c %s", l.Dir, randomLocal.ReplaceAllString(l.Text, "*@")))
}

var randomLocal = regexp.MustCompile(`\b[a-z][a-z0-9]{19}@`)

// Tell implements labtest.Teller.
func (p *player) Tell(verb, rest string) (string, bool, error) {
	if verb == "followed" {
		return strings.Join(p.lines, " | "), true, nil
	}
	if verb != "why" {
		return "", false, nil
	}
	all := slices.Clone(p.last.Findings)
	for _, h := range p.last.Hosts {
		all = append(all, h.Findings...)
	}
	best := -1
	for i, f := range all {
		if string(f.Check) == rest && (best < 0 || all[best].Level == doctor.Good && f.Level != doctor.Good) {
			best = i
		}
	}
	if best < 0 {
		return "", true, fmt.Errorf("nothing was found of %s", rest)
	}
	f := all[best]
	words := []string{f.Seen}
	for _, text := range append([]string{f.Means, f.Change}, f.Ways...) {
		if text != "" {
			words = append(words, text)
		}
	}
	return strings.Join(words, " | "), true, nil
}

// Do implements labtest.Player.
func (p *player) Do(verb, rest string) (err error) {
	switch verb {
	case "set":
		return p.set(rest)
	case "own":
		a, err := netip.ParseAddrPort(rest)
		p.own = append(p.own, a)
		return err
	case "here":
		a, err := netip.ParseAddr(rest)
		p.here = append(p.here, a)
		return err
	}
	return errors.New("unknown step")
}

func (p *player) set(what string) error {
	key, value, _ := strings.Cut(what, " ")
	switch key {
	case "hostname":
		p.settings.Hostname = value
	case "mail_from":
		p.settings.MailFrom = value
	case "pipelining":
		p.settings.Pipelining = value == "auto"
	case "mode":
		p.shape.Listed, p.shape.ListedToo = value == "list", value == "list+callout"
	case "catch_all_check":
		p.shape.Unprobed = value == "false"
	case "catch_all":
		p.shape.CatchAll = value == "on"
	case "tls":
		for _, m := range []callout.TLSMode{callout.TLSOpportunistic, callout.TLSOff, callout.TLSRequire, callout.TLSVerify} {
			if m.String() == value {
				p.settings.TLS = m
				return nil
			}
		}
		return errors.New("no such tls mode")
	default:
		return errors.New("unknown setting")
	}
	return nil
}
