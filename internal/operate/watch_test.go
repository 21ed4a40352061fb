package operate

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"callout/internal/access"
	"callout/internal/config"
	"callout/internal/decisions"
	"callout/internal/doctor"
	"callout/internal/domains"
	"callout/internal/history"
	"callout/internal/store"
	"callout/internal/store/sqlite"
	"callout/internal/verify"
)

// office is a Desk with domains and users: secret.example, whose alias is alias.example, and example.com, where nobody is asked,
// and slow.example, whose destination never says anything.
type office struct {
	*Desk
	root *access.Actor
}

func newOffice(t *testing.T) *office {
	t.Helper()
	ctx := context.Background()
	db, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "callout.db"))
	check(t, err)
	behind := store.NewBehind(db, store.BehindOptions{})
	c, err := config.Parse("callout.toml", []byte("[[domain]]\nname = \"secret.example\"\naliases = [\"alias.example\"]\nmode = \"off\"\n"+
		"[[domain]]\nname = \"example.com\"\naliases = [\"example.org\"]\nmode = \"off\"\n"+
		"[[domain]]\nname = \"slow.example\"\ndestinations = [\"192.0.2.1\"]\nanswer_within = \"2m\"\ndeadline = \"2m\"\n"))
	check(t, err)
	registry, err := domains.New(ctx, db, behind, c.Domains, c.BuildDomain)
	check(t, err)
	log := slog.New(slog.DiscardHandler)
	users, err := access.New(ctx, access.Options{Store: db, Log: log, Cost: access.Cost{MemoryKiB: 8, Passes: 1, Lanes: 1}})
	check(t, err)
	past, err := history.New(ctx, history.Options{Gatherer: prometheus.NewRegistry(), Store: db, Log: log, Alerts: func() []history.Alert { return nil }})
	check(t, err)
	v, err := verify.New(ctx, verify.Options{Domains: registry, Asker: silence{}, Store: db, Behind: behind, MaxEntries: 1000})
	check(t, err)
	k := New(Options{Verifier: v, Domains: registry, Access: users, Decisions: decisions.NewLog(10), History: past, Ward: &doctor.Ward{},
		Doctor: doctor.Options{Dial: silence{}.dial}, Log: log})
	t.Cleanup(func() {
		k.Close()
		v.Close(ctx)
		past.Close(ctx)
		users.Close(ctx)
		behind.Close(ctx)
		check(t, db.Close())
	})
	return &office{k, &access.Actor{Name: "root", Role: access.RoleAdmin, Via: "socket"}}
}

// A watch in which nothing happens ends soon after its token, that of the socket goes on.
func TestAQuietWatchEndsWithItsToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newOffice(t)
		secret, _, err := k.CreateToken(t.Context(), k.root, access.Token{Label: "panel", Role: access.RoleAdmin, Expires: time.Now().Add(time.Minute)})
		check(t, err)
		who, err := k.access.Authenticate(t.Context(), secret, "192.0.2.1")
		check(t, err)
		nothing := func([]Decision, bool) error { t.Error("something is told"); return nil }
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		begun := time.Now()
		err = k.Watch(ctx, who, DecisionQuery{}, 0, nothing)
		if took := time.Since(begun); !errors.Is(err, ErrEnded) || took < time.Minute || took > time.Minute+askAgain {
			t.Errorf("after %s: %v", took, err)
		}
		if err := k.Watch(ctx, k.root, DecisionQuery{}, 0, nothing); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("on the socket: %v", err)
		}
	})
}

// Whose domain an alias is, is said to nobody else, though the name is among theirs.
func TestATokenSaysNothingOfOthersAliases(t *testing.T) {
	k := newOffice(t)
	for _, name := range []string{"root", "anna"} {
		_, _, err := k.PutUser(t.Context(), k.root, name, access.UserChange{Role: access.RoleAdmin, Password: "correct horse"})
		check(t, err)
	}
	// As it is where the name became an alias after it was given to her.
	_, err := k.access.ChangeUser(t.Context(), "anna", access.UserChange{Role: access.RoleDomain, Domains: []string{"alias.example", "example.com", "later.example"}})
	check(t, err)
	u, _ := k.access.User("anna")
	anna := k.access.ActorOf(u, "web", "")
	for _, s := range []struct {
		domain, want string
		kind         Kind
	}{
		{"alias.example", `create token is not for you: "alias.example" is not one of your domains`, Forbidden},
		{"ALIAS.example.", `create token is not for you: "ALIAS.example." is not one of your domains`, Forbidden},
		{"secret.example", `create token is not for you: "secret.example" is not one of your domains`, Forbidden},
		{"elsewhere.example", `create token is not for you: "elsewhere.example" is not one of your domains`, Forbidden},
		{"example.org", "example.org is an alias of example.com; write example.com", Unusable},
	} {
		_, _, err := k.CreateToken(t.Context(), anna, access.Token{Label: "panel", Role: access.RoleDomain, Domains: []string{s.domain}})
		if err == nil || err.Error() != s.want || KindOf(err) != s.kind {
			t.Errorf("%s: %v; want %s", s.domain, err, s.want)
		}
	}
	for _, domain := range []string{"example.com", " Example.COM", "later.example"} {
		_, _, err := k.CreateToken(t.Context(), anna, access.Token{Label: "panel", Role: access.RoleDomain, Domains: []string{domain}})
		if err != nil {
			t.Errorf("%s: %v", domain, err)
		}
	}
}
