package callout_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/lab"
	"callout/internal/lab/labtest"
)

// Every file of testdata is a dialogue that shows a rule, named for it. Besides those of labtest its steps are
//
//	> ask john@example.com [probe] at mx1.example.com:25,mx2.example.com:25 mx3.example.com:25
//	< accepted|rejected|unknown [kind] at stage of host [after time][: reply][; probe outcome [sufficed]]
//	> set pipelining off
func TestDialogues(t *testing.T) {
	labtest.Run(t, "testdata/*.txt", func(t *testing.T, n *lab.Network) labtest.Player {
		p := &player{t: t, pools: callout.NewPools(callout.Options{Dial: n.Dial}), settings: callout.DefaultSettings()}
		p.settings.Hostname = "filter.example.net"
		return p
	})
}

type player struct {
	t        *testing.T
	pools    *callout.Pools
	settings callout.Settings
}

func (p *player) Question(text string) (func() string, error) {
	q, err := p.question(text)
	return func() string { return p.ask(q) }, err
}

func (p *player) Do(verb, rest string) error {
	if verb != "set" {
		return fmt.Errorf("unknown step %q", verb)
	}
	return p.set(rest)
}

func (p *player) Stop() {
	if err := p.pools.Close(p.t.Context()); err != nil {
		p.t.Errorf("close: %v", err)
	}
}

func (p *player) set(what string) error {
	key, value, _ := strings.Cut(what, " ")
	var err error
	switch key {
	case "pipelining":
		p.settings.Pipelining = value == "auto"
	case "max_sessions":
		_, err = fmt.Sscan(value, &p.settings.MaxSessions)
	case "deadline":
		p.settings.Deadline, err = time.ParseDuration(value)
	default:
		err = errors.New("unknown setting")
	}
	return err
}

func (p *player) question(text string) (callout.Question, error) {
	who, at, ok := strings.Cut(text, " at ")
	if !ok {
		return callout.Question{}, fmt.Errorf("no host in %q", text)
	}
	settings := p.settings
	q := callout.Question{Settings: &settings}
	who, probe := strings.CutSuffix(who, " probe")
	r, err := address.Parse(who)
	if err != nil {
		return q, err
	}
	q.Recipient = r
	if probe {
		q.Probe = callout.RandomRecipient("", r.Domain())
	}
	for group := range strings.SplitSeq(at, " ") {
		var hosts []callout.Host
		for name := range strings.SplitSeq(group, ",") {
			h, err := callout.ParseHost(name)
			if err != nil {
				return q, err
			}
			hosts = append(hosts, h)
		}
		q.Destination = append(q.Destination, hosts)
	}
	return q, nil
}

// ask asks and puts the answer in words.
func (p *player) ask(q callout.Question) string {
	start := time.Now()
	a := p.pools.Ask(context.Background(), q)
	took := time.Since(start)
	words := []string{a.Outcome.String()}
	if a.Problem != nil {
		words = append(words, a.Problem.Kind.String())
	}
	words = append(words, "at", a.Stage.String(), "of", strings.TrimSuffix(a.Host.Name, ".example.com"))
	if took > 0 {
		words = append(words, "after", took.String())
	}
	reply := a.Reply.String()
	if a.Problem != nil && !a.Problem.Reply.IsZero() {
		reply = a.Problem.Reply.String()
	}
	if reply != "" {
		words[len(words)-1] += ":"
		words = append(words, reply)
	}
	if a.Probe.Asked {
		words[len(words)-1] += ";"
		words = append(words, "probe", a.Probe.Outcome.String())
	}
	if a.ProbeSufficed {
		words = append(words, "sufficed")
	}
	return strings.Join(words, " ")
}
