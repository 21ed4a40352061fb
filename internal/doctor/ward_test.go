package doctor_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/callout"
	"callout/internal/doctor"
)

// silent makes options under which every host takes connections and says nothing, until the connection is closed.
func silent() doctor.Options {
	return doctor.Options{Dial: func(context.Context, netip.Addr, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() {
			theirs.Read(make([]byte, 1))
			theirs.Close()
		}()
		return ours, nil
	}}
}

// numbered are so many hosts with an address each, of priorities of their own.
func numbered(from, n int) (d callout.Destination) {
	for i := range n {
		d = append(d, []callout.Host{{Name: fmt.Sprintf("192.0.2.%d", from+i), Port: 25}})
	}
	return d
}

// patients begins examinations, and keeps what became of each.
type patients struct {
	ward doctor.Ward
	wait sync.WaitGroup
}

func (p *patients) begin(ctx context.Context, d callout.Destination) *error {
	c, result := aCase(), new(error)
	c.Destination = d
	p.wait.Go(func() { _, *result = p.ward.Examine(ctx, c, silent()) })
	synctest.Wait()
	return result
}

// An examination that shares a host with one that is under way does not begin; one that does not does, and so does the same
// again once the first is over.
func TestWardExaminesNoHostTwiceAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p patients
		ctx, cancel := context.WithCancel(t.Context())
		first := p.begin(ctx, numbered(1, 2))
		if again := p.begin(ctx, numbered(2, 2)); !errors.Is(*again, doctor.ErrBusy) {
			t.Errorf("of a host that is being examined: %v", *again)
		}
		if other := p.begin(ctx, numbered(3, 1)); *other != nil {
			t.Errorf("of another: %v", *other)
		}
		cancel()
		p.wait.Wait()
		if !errors.Is(*first, context.Canceled) {
			t.Errorf("cancelled, it says %v", *first)
		}
		ctx, cancel = context.WithCancel(t.Context())
		if again := p.begin(ctx, numbered(2, 2)); *again != nil {
			t.Errorf("once it is over: %v", *again)
		}
		cancel()
		p.wait.Wait()
	})
}

// No more than four examinations are under way at a time.
func TestWardIsFullWithFour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p patients
		ctx, cancel := context.WithCancel(t.Context())
		for i := range doctor.MaxAtOnce {
			if err := p.begin(ctx, numbered(1+i, 1)); *err != nil {
				t.Errorf("the examination %d: %v", i, *err)
			}
		}
		if err := p.begin(ctx, numbered(50, 1)); !errors.Is(*err, doctor.ErrBusy) {
			t.Errorf("one more: %v", *err)
		}
		cancel()
		p.wait.Wait()
		ctx, cancel = context.WithCancel(t.Context())
		if err := p.begin(ctx, numbered(50, 1)); *err != nil {
			t.Errorf("when there is room again: %v", *err)
		}
		cancel()
		p.wait.Wait()
	})
}

// A destination of many addresses that hold an examination up is left after three minutes, and what was left out is told.
func TestWardBoundsWholeExamination(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w doctor.Ward
		c, began := aCase(), time.Now()
		c.Destination = numbered(1, 7)
		c.Settings.ReplyTimeout = 40 * time.Second
		r, err := w.Examine(t.Context(), c, silent())
		if took := time.Since(began); err != nil || took != doctor.MaxWhole {
			t.Fatalf("after %v: %v", took, err)
		}
		if len(r.Hosts) != 5 {
			t.Errorf("%d hosts", len(r.Hosts))
		}
		if cut := find(r.Hosts[4].Findings, doctor.Complete); len(r.Hosts[4].Findings) != 1 || len(cut) != 1 || !strings.Contains(cut[0].Seen, "the time of the whole examination was over") {
			t.Errorf("of the one that was cut short it says %+v", r.Hosts[4].Findings)
		}
		want := "The destination has 7 addresses; the last 2 were not examined, since the 3 minutes of an examination were over."
		if left := find(r.Findings, doctor.Complete); len(left) != 1 || left[0].Seen != want {
			t.Errorf("of those left out it says %+v", left)
		}
		if r.Result != doctor.NotExamined {
			t.Errorf("result %s", r.Result)
		}
	})
}

// A host that says without end what nobody reads does not fill what keeps its dialogue.
func TestTellsSoManyLines(t *testing.T) {
	long := "250-" + strings.Repeat("250-x\r\n250-", 98) + "x\r\n250 x\r\n"
	o := doctor.Options{Dial: func(context.Context, netip.Addr, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() {
			defer theirs.Close()
			theirs.Write([]byte("220 mx1.example.com ESMTP\r\n"))
			for b := make([]byte, 1000); ; {
				if _, err := theirs.Read(b); err != nil {
					return
				}
				theirs.Write([]byte(long))
			}
		}()
		return ours, nil
	}}
	var lines []callout.Line
	o.Trace = func(l callout.Line) { lines = append(lines, l) }
	r := doctor.Examine(t.Context(), aCase(numbered(1, 1)[0]...), o)
	if last := lines[len(lines)-1]; len(lines) != doctor.MaxLines+1 || last.Dir != callout.Note || !strings.Contains(last.Text, "left out") {
		t.Errorf("%d lines, the last %+v\n%+v", len(lines), last, r.Hosts[0])
	}
}
