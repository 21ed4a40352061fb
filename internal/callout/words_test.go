package callout_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"callout/internal/callout"
)

// ask asks and puts the answer in words.
func (p *player) ask(q callout.Question) string {
	start := time.Now()
	a := p.pools.Ask(context.Background(), q)
	took := time.Since(start)
	words := []string{a.Outcome.String()}
	if a.Provisional && a.Outcome != callout.Unknown {
		words = append(words, "provisionally")
	}
	if a.Problem != nil {
		words = append(words, a.Problem.Kind.String())
	}
	words = append(words, "at", a.Stage.String(), "of", short(a.Host.String()))
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
		words = append(words, "probe", probed(a.Probe))
	}
	if a.ProbeSufficed {
		words = append(words, "sufficed")
	}
	return strings.Join(words, " ")
}

// probed puts what became of a random address in words.
func probed(a callout.ProbeAnswer) string {
	if a.Provisional && a.Outcome != callout.Unknown {
		return a.Outcome.String() + " provisionally"
	}
	return a.Outcome.String()
}

// short leaves out what the hosts of nearly all dialogues have in common.
func short(host string) string {
	return strings.TrimSuffix(strings.TrimSuffix(host, ":25"), ".example.com")
}

// renewal waits for what became of a renewal.
func (p *player) renewal() string {
	p.pending--
	start := time.Now()
	select {
	case words := <-p.renewals:
		if took := time.Since(start); took > 0 {
			words += " after " + took.String()
		}
		return words
	case <-time.After(5 * time.Minute):
		return "never told"
	}
}

func renewed(a callout.ProbeAnswer) string {
	if !a.Asked {
		return "not asked"
	}
	return probed(a) + " at " + short(a.Host.String())
}

// statusOf returns how a host stands, given by its name or address.
func (p *player) statusOf(name string) (callout.HostStatus, bool) {
	for _, s := range p.pools.Status() {
		if s.Address == name || s.Address == name+":25" || s.Address == "["+name+"]:25" {
			return s, true
		}
	}
	return callout.HostStatus{}, false
}

// status puts in words how hosts stand.
func (p *player) status(names []string) string {
	all := make([]string, 0, len(names))
	for _, name := range names {
		s, ok := p.statusOf(name)
		if !ok {
			all = append(all, "never heard of")
			continue
		}
		words := string(s.State)
		if left := time.Until(s.RetryAt); left > 0 {
			words += " for " + left.String()
		}
		words += fmt.Sprintf(", at most %d session", s.Limit)
		if s.Limit != 1 {
			words += "s"
		}
		for i, l := range s.Learned {
			words += []string{": ", ", "}[min(i, 1)] + string(l.Limit) + " " + strconv.Itoa(l.N)
		}
		all = append(all, words)
	}
	return strings.Join(all, " | ")
}

// lessons puts in words what was learned of a host, and from which replies.
func (p *player) lessons(name string) string {
	s, _ := p.statusOf(name)
	var all []string
	for _, l := range s.Learned {
		all = append(all, fmt.Sprintf("%s %d: %s", l.Limit, l.N, l.Reply))
	}
	if len(all) == 0 {
		return "nothing"
	}
	return strings.Join(all, " | ")
}

func (p *player) forget(name string) string {
	found := p.pools.Forget(name)
	if len(found) == 0 {
		return "nobody"
	}
	return strings.Join(found, " | ")
}
