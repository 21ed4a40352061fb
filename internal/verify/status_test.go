package verify_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/domains"
	"callout/internal/store"
	"callout/internal/verify"
)

// A page of a domain goes on into its aliases, whatever its length.
func TestListGoesThroughAliases(t *testing.T) {
	ctx := context.Background()
	h := newHouse(t, func(context.Context, callout.Question) callout.Answer { return accepted }, nil)
	h.change(t, func(d *domains.Domain) { d.Aliases = []string{"a.example", "b.example", "c.example"} })
	var want []string
	for _, domain := range []string{"example.com", "a.example", "c.example"} { // b.example has none
		for n := range 3 {
			r := address.New(fmt.Sprintf("user%d", n), domain)
			h.Decide(ctx, verify.Question{Recipient: r, Front: "test"})
			want = append(want, r.String())
		}
	}
	for limit := 1; limit <= 10; limit++ {
		var got []string
		q := store.Query{Limit: limit}
		for {
			page, err := h.List(ctx, h.registry.Lookup("example.com"), q)
			if err != nil || len(page.Verdicts) > limit || len(got) > len(want) {
				t.Fatalf("limit %d: %d rows, %v", limit, len(page.Verdicts), err)
			}
			got = append(got, recipients(page)...)
			if page.Next == "" {
				break
			}
			q.Cursor = page.Next
		}
		if !slices.Equal(got, want) {
			t.Errorf("limit %d: %v", limit, got)
		}
	}
	for _, cursor := range []string{"d.example:", "a.example:xx", "xx", "~xx", "~d.example:", "~a.example:xx", "example.com:", "~example.com:", "~~"} {
		if _, err := h.List(ctx, h.registry.Lookup("example.com"), store.Query{Limit: 1, Cursor: cursor}); !errors.Is(err, store.ErrCursor) {
			t.Errorf("cursor %q: %v", cursor, err)
		}
	}
}

// The status has every domain and alias with the verdicts that it holds.
func TestStatus(t *testing.T) {
	ctx := context.Background()
	h := newHouse(t, func(_ context.Context, q callout.Question) callout.Answer {
		a := accepted
		if q.Recipient.Local() == "nobody" {
			a = rejected
		}
		if !q.Probe.IsZero() {
			a.Probe = probeOf(rejected)
		}
		return a
	}, nil)
	h.change(t, func(d *domains.Domain) { d.Aliases = []string{"example.org"} })
	for _, local := range []string{"john", "jane", "nobody"} {
		decide(h.Verifier, local)
	}
	all, err := h.Status(ctx)
	if err != nil || len(all) != 2 {
		t.Fatalf("%+v, %v", all, err)
	}
	s := all[0]
	if s.Domain != "example.com" || s.Held != (store.Count{Valid: 2, Invalid: 1}) || s.State == nil || s.State.Accepts || s.State.Reply.Code != 550 || !s.Enforce {
		t.Errorf("%+v", s)
	}
	if s := all[1]; s.Domain != "example.org" || s.Held != (store.Count{}) || s.State != nil {
		t.Errorf("%+v", s)
	}
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Status(ctx); err == nil {
		t.Error("counted in a closed store")
	}
}

// What the list of a domain decides is shown without asking, too.
func TestPeekAtAList(t *testing.T) {
	ctx := context.Background()
	h := newHouse(t, nil, nil)
	h.change(t, func(d *domains.Domain) { d.Mode = domains.ModeList })
	for _, step := range []struct {
		list  []string
		local string
		want  verify.Status
	}{{nil, "john", verify.Unknown}, {[]string{"john"}, "JOHN", verify.Valid}, {[]string{"john"}, "jane", verify.Invalid}} {
		if _, err := h.registry.SetRecipients(ctx, "example.com", step.list); err != nil {
			t.Fatal(err)
		}
		verdict, ok, err := h.Peek(ctx, address.New(step.local, "example.com"))
		if verdict.Status != step.want || ok != (step.want != verify.Unknown) || err != nil {
			t.Errorf("%v of %v: %v, %v, %v", step.local, step.list, verdict.Status, ok, err)
		}
	}
}

// countingFacts counts the facts that are written.
type countingFacts struct {
	store.Store
	mu    sync.Mutex
	facts int
}

func (c *countingFacts) Write(ctx context.Context, batch store.Batch) error {
	c.mu.Lock()
	c.facts += len(batch.Facts)
	c.mu.Unlock()
	return c.Store.Write(ctx, batch)
}

// That a domain rejects recipients is written about once an hour, however many it rejects.
func TestRejectionsDoNotCostAWriteEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c *countingFacts
		var behind *store.Behind
		v, _ := newVerifier(t, func(context.Context, callout.Question) callout.Answer { return rejected }, func(o *verify.Options) {
			c = &countingFacts{Store: o.Store}
			behind = store.NewBehind(c, store.BehindOptions{})
			o.Behind = behind
		})
		for n := range 180 { // three hours
			decide(v, fmt.Sprintf("nobody%d", n))
			time.Sleep(time.Minute)
		}
		v.Close(t.Context())
		if err := behind.Close(t.Context()); err != nil {
			t.Error(err)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.facts != 3 {
			t.Errorf("%d facts written in 3 h; want 3", c.facts)
		}
	})
}
