package callout_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/callout"
)

// openLink opens a link, as a message to the hosts would.
func (p *player) openLink(at string) (string, error) {
	d, err := parseDestination(at)
	if err != nil {
		return "", err
	}
	settings := p.settings
	began, took := time.Now(), ""
	l, problem := p.pools.OpenTraced(p.t.Context(), d, &settings, func(l callout.Line) {
		p.lines = append(p.lines, fmt.Sprintf("%c %s", l.Dir, l.Text))
	})
	if t := time.Since(began); t > 0 {
		took = " after " + t.String()
	}
	if problem != nil {
		return problem.Error() + took, nil
	}
	p.link = l
	within := ""
	if l.TLS {
		within = " within TLS"
	}
	return fmt.Sprintf("open with %s at %s%s%s: %s", l.Host, l.Address, within, took, extensions(l)), nil
}

// extensions returns those of the last EHLO in the order of their keywords.
func extensions(l *callout.Link) string {
	if l.Extensions == nil {
		return "none, it took HELO only"
	}
	var all []string
	for _, keyword := range slices.Sorted(maps.Keys(l.Extensions)) {
		all = append(all, strings.TrimSpace(keyword+" "+l.Extensions[keyword]))
	}
	return strings.Join(all, ", ")
}

func (p *player) hello() string {
	reply, err := p.link.Hello(p.settings.Hostname)
	switch {
	case err != nil:
		return err.Error()
	case reply.Code != 250:
		return reply.String()
	}
	return extensions(p.link)
}

// part ends the last link politely.
func (p *player) part() error {
	fmt.Fprint(p.link.Conn, "QUIT\r\n")
	p.link.Said("QUIT")
	reply, err := p.link.Reader.ReadReply()
	p.link.Heard(reply)
	p.link.Cut()
	p.link.Note("cut")
	return err
}

// hosts expands a destination.
func (p *player) hosts(at string) (string, error) {
	d, err := parseDestination(at)
	if err != nil {
		return "", err
	}
	groups, problems := p.pools.Expand(p.t.Context(), d, &p.settings)
	var all []string
	for _, group := range groups {
		names := make([]string, 0, len(group))
		for _, h := range group {
			names = append(names, h.String())
		}
		all = append(all, strings.Join(names, " "))
	}
	words := strings.Join(all, " / ")
	for _, problem := range problems {
		words += "; " + problem.Error()
	}
	return words, nil
}

// The end of the context ends an attempt to open a link, wherever it is, and has no hold on a link that is open.
func TestContextBoundsOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		silent := &server{serve: func(conn net.Conn) { conn.Read(make([]byte, 1)) }}
		pools := callout.NewPools(callout.Options{Dial: silent.dial, Resolver: names{}})
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		start := time.Now()
		_, problem := pools.Open(ctx, question(0).Destination, settings())
		cancel()
		if problem == nil || problem.Kind != callout.Timeout || !errors.Is(problem, context.DeadlineExceeded) || time.Since(start) != 2*time.Second {
			t.Errorf("after %v: %v", time.Since(start), problem)
		}
		if s := pools.Status(); len(s) != 1 || s[0].Problem != nil {
			t.Errorf("who gave up left a problem with the host: %+v", s)
		}
		pools.Close(t.Context())
		silent.wait.Wait()

		works := &server{serve: replies(polite)}
		pools = callout.NewPools(callout.Options{Dial: works.dial, Resolver: names{}})
		ctx, cancel = context.WithCancel(t.Context())
		link, problem := pools.Open(ctx, question(0).Destination, settings())
		if problem != nil {
			t.Fatal(problem)
		}
		cancel()
		pools.Close(t.Context())
		synctest.Wait()
		fmt.Fprint(link.Conn, "NOOP\r\n")
		if reply, err := link.Reader.ReadReply(); err != nil || reply.Code != 250 {
			t.Errorf("after the end of the context: %v, %v", reply, err)
		}
		link.Cut()
		works.wait.Wait()
		if _, problem := pools.Open(t.Context(), question(0).Destination, settings()); problem == nil || problem.Kind != callout.ShuttingDown {
			t.Errorf("after Close: %v", problem)
		}
	})
}
