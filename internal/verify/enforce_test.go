package verify_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/domains"
	"callout/internal/store"
	"callout/internal/verify"
)

// What is not enforced is logged and counted as what it would have been.
func TestNotEnforcedIsLoggedAndCounted(t *testing.T) {
	var log strings.Builder
	registry := prometheus.NewRegistry()
	h := newHouse(t, func(_ context.Context, q callout.Question) callout.Answer {
		if q.Recipient.Local() == "gone" {
			return callout.Answer{Host: mx, Problem: &callout.Problem{Kind: callout.NoConnection, Stage: callout.StageConnect, Host: mx, Err: errors.New("connection refused")}}
		}
		return byBackup(rejected)
	}, func(o *verify.Options) {
		o.Registerer, o.Log = registry, slog.New(slog.NewTextHandler(&log, nil))
	})
	h.change(t, func(d *domains.Domain) { d.Settings.Enforce = false })
	decide(h.Verifier, "nobody")
	decide(h.Verifier, "gone")
	for i, want := range []string{
		"action=accept would=reject code=550 enhanced=5.1.1 verdict=invalid reason=recipient source=callout provisional=true",
		"action=accept would=defer code=451 enhanced=4.4.1 verdict=unknown reason=no_connection",
	} {
		if lines := strings.Split(log.String(), "\n"); !strings.Contains(lines[i], want) {
			t.Errorf("line %d lacks %s:\n%s", i+1, want, log.String())
		}
	}
	if err := testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP callout_not_enforced_total Recipients that were accepted because nothing is enforced, by what would have been done.
# TYPE callout_not_enforced_total counter
callout_not_enforced_total{would="defer"} 1
callout_not_enforced_total{would="reject"} 1
`), "callout_not_enforced_total"); err != nil {
		t.Error(err)
	}
}

// An address that is none is let through too where nothing is enforced: for everything, or for the domain that it was
// meant for.
func TestBadSyntaxIsNotEnforcedEither(t *testing.T) {
	ctx := context.Background()
	h := newHouse(t, func(context.Context, callout.Question) callout.Answer { return accepted }, nil)
	refuse := func(text string) verify.Action {
		return h.Refuse(ctx, verify.Question{Front: "test"}, &address.SyntaxError{Address: text, Reason: "bad"}).Action
	}
	for _, step := range []struct {
		do         func() error
		ours, none verify.Action
	}{
		{func() error { return nil }, verify.Reject, verify.Reject},
		{func() error { return h.Pause(ctx, "example.com", time.Time{}) }, verify.Accept, verify.Reject},
		{func() error { _, err := h.Resume(ctx, "example.com"); return err }, verify.Reject, verify.Reject},
		{func() error { h.EnforceUnserved(false); return nil }, verify.Reject, verify.Accept},
		{func() error { h.EnforceUnserved(true); return nil }, verify.Reject, verify.Reject},
		{func() error { return h.Pause(ctx, "", time.Time{}) }, verify.Accept, verify.Accept},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		if ours, none := refuse("\x01@example.com"), refuse("\x01"); ours != step.ours || none != step.none {
			t.Errorf("%v, %v; want %v, %v", ours, none, step.ours, step.none)
		}
	}
}

// pauseless is a store that can't write pauses.
type pauseless struct{ store.Store }

var errDisk = errors.New("disk full")

func (pauseless) SetPause(context.Context, store.Pause) error             { return errDisk }
func (pauseless) DeletePause(context.Context, string) (was bool, _ error) { return false, errDisk }

// A pause that can't be kept, is over before it begins or is of a domain that is not served is refused, and nothing
// changes.
func TestPauseThatIsRefused(t *testing.T) {
	ctx := context.Background()
	h := newHouse(t, func(context.Context, callout.Question) callout.Answer { return accepted }, nil)
	if err := h.Pause(ctx, "", time.Now().Add(-time.Second)); !errors.Is(err, verify.ErrPast) {
		t.Errorf("in the past: %v", err)
	}
	if err := h.Pause(ctx, "example.net", time.Time{}); !errors.Is(err, domains.ErrNotFound) {
		t.Errorf("not served: %v", err)
	}
	if was, err := h.Resume(ctx, "example.com"); was || err != nil {
		t.Errorf("resumed what was not paused: %v, %v", was, err)
	}
	full := newHouse(t, nil, func(o *verify.Options) { o.Store = pauseless{o.Store} })
	if err := full.Pause(ctx, "", time.Time{}); !errors.Is(err, errDisk) {
		t.Errorf("not stored: %v", err)
	}
	if _, err := full.Resume(ctx, ""); !errors.Is(err, errDisk) {
		t.Errorf("not ended: %v", err)
	}
	if len(h.Pauses()) != 0 || len(full.Pauses()) != 0 {
		t.Error("paused all the same")
	}
}

// A pause takes the place of the one that was there, and shows since when and until when it holds.
func TestPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		h := newHouse(t, func(context.Context, callout.Question) callout.Answer { return accepted }, nil)
		end := time.Now().Add(2 * time.Hour)
		for _, until := range []time.Time{{}, end} {
			if err := h.Pause(ctx, "example.com", until); err != nil {
				t.Fatal(err)
			}
		}
		ps := h.Pauses()
		if len(ps) != 1 || ps[0].Domain != "example.com" || !ps[0].Until.Equal(end) || !ps[0].Since.Equal(time.Now()) {
			t.Errorf("%+v", ps)
		}
		alerts := h.Alerts()
		if len(alerts) != 1 || !strings.Contains(alerts[0].Text, "callout resume --domain example.com") || !alerts[0].Since.Equal(ps[0].Since) {
			t.Errorf("%+v", alerts)
		}
		time.Sleep(2 * time.Hour)
		if len(h.Pauses()) != 0 || len(h.Alerts()) != 0 || h.status(t).Pause != nil {
			t.Error("the pause is not over")
		}
		if was, err := h.Resume(ctx, "example.com"); was || err != nil {
			t.Errorf("a pause that is over was ended: %v, %v", was, err)
		}
	})
}

// The pause of a domain that is deleted is gone; that of one which a file has no longer is there again with it.
func TestPausesOfDomainsThatGo(t *testing.T) {
	ctx := context.Background()
	h := newHouse(t, func(context.Context, callout.Question) callout.Answer { return accepted }, nil)
	build := func(name string, _ []byte) (*domains.Domain, error) {
		return &domains.Domain{Name: name, Origin: domains.FromStore, Destination: callout.Destination{{mx}}, Settings: domains.DefaultSettings()}, nil
	}
	if _, err := h.registry.Reload(ctx, []*domains.Domain{h.registry.Lookup("example.com")}, build); err != nil {
		t.Fatal(err)
	}
	if _, err := h.registry.Put(ctx, "example.net", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"example.com", "example.net"} {
		if err := h.Pause(ctx, name, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.registry.Delete(ctx, "example.net"); err != nil {
		t.Fatal(err)
	}
	h.Forget([]string{"example.net"})
	if ps := h.Pauses(); len(ps) != 1 || ps[0].Domain != "example.com" {
		t.Errorf("after the deletion: %+v", ps)
	}
	removed, err := h.registry.Reload(ctx, nil, build)
	if err != nil {
		t.Fatal(err)
	}
	h.Forget(removed)
	if ps := h.Pauses(); len(ps) != 1 {
		t.Errorf("after the reload: %+v", ps)
	}
}
