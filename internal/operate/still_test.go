package operate

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/access"
	"callout/internal/callout"
)

// silence is a destination that never says anything.
type silence struct{}

func (silence) Ask(ctx context.Context, _ callout.Question) callout.Answer {
	<-ctx.Done()
	return callout.Answer{}
}

func (silence) dial(context.Context, netip.Addr, string) (net.Conn, error) {
	near, _ := net.Pipe()
	return near, nil
}

// anna adds a domain user who has slow.example and example.com, and returns her token and who shows it.
func (k *office) anna(t *testing.T) (who *access.Actor, token string) {
	t.Helper()
	for name, domains := range map[string][]string{"anna": {"example.com", "slow.example"}, "boss": nil} {
		role := access.RoleDomain
		if domains == nil {
			role = access.RoleAdmin
		}
		_, err := k.AddUser(t.Context(), k.root, name, access.UserChange{Role: role, Domains: domains, Password: "correct horse"})
		check(t, err)
	}
	secret, made, err := k.CreateToken(t.Context(), k.root, access.Token{Label: "hers", Owner: "anna", Role: access.RoleDomain, Write: true})
	check(t, err)
	who, err = k.access.Authenticate(t.Context(), secret, "192.0.2.1")
	check(t, err)
	return who, made.ID
}

// What takes long ends soon after the token of who wanted it, or after the domain is theirs no more.
func TestWhatTakesLongEndsWithTheRightToIt(t *testing.T) {
	for what, do := range map[string]func(ctx context.Context, k *office, who *access.Actor) error{
		"examination": func(ctx context.Context, k *office, who *access.Actor) error {
			_, err := k.Examine(ctx, who, "slow.example", "", false, nil)
			return err
		},
		"test": func(ctx context.Context, k *office, who *access.Actor) error {
			_, err := k.Verify(ctx, who, "john@slow.example", true, nil)
			return err
		},
		"test that is followed": func(ctx context.Context, k *office, who *access.Actor) error {
			_, err := k.Verify(ctx, who, "john@slow.example", true, func(callout.Line) {})
			return err
		},
	} {
		for how, c := range map[string]struct {
			end  func(ctx context.Context, k *office, token string) error
			want func(error) bool
		}{
			"revoked": {func(ctx context.Context, k *office, token string) error { return k.access.DeleteToken(ctx, token) },
				func(err error) bool { return errors.Is(err, ErrEnded) }},
			"not theirs": {func(ctx context.Context, k *office, _ string) error {
				_, err := k.access.ChangeUser(ctx, "anna", access.UserChange{Domains: []string{"example.com"}})
				return err
			}, func(err error) bool { return KindOf(err) == Missing }},
		} {
			t.Run(what+", "+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					k := newOffice(t)
					who, token := k.anna(t)
					begun := time.Now()
					done := make(chan error, 1)
					go func() { done <- do(t.Context(), k, who) }()
					time.Sleep(time.Second)
					check(t, c.end(t.Context(), k, token))
					err := <-done
					if took := time.Since(begun); !c.want(err) || took > askAgain {
						t.Errorf("after %s: %v", took, err)
					}
				})
			})
		}
	}
}

// A file is not taken in whose sender may not send it any more once it is there.
func TestAnImportThatOutlivesTheRightToItChangesNothing(t *testing.T) {
	for how, c := range map[string]struct {
		end  func(k *office, token string) error
		want func(error) bool
	}{
		"revoked": {func(k *office, token string) error { return k.access.DeleteToken(t.Context(), token) },
			func(err error) bool { return errors.Is(err, ErrEnded) }},
		"not theirs": {func(k *office, _ string) error {
			_, err := k.access.ChangeUser(t.Context(), "anna", access.UserChange{Domains: []string{"slow.example"}})
			return err
		}, func(err error) bool { return KindOf(err) == Missing }},
	} {
		k := newOffice(t)
		who, token := k.anna(t)
		file := io.MultiReader(strings.NewReader("john\n"), &atEnd{do: func() { check(t, c.end(k, token)) }})
		if _, err := k.ImportRecipients(t.Context(), who, "example.com", file, false, func(int, bool) {}); !c.want(err) {
			t.Errorf("%s: %v", how, err)
		}
		if _, stored, _ := k.domains.LocalRecipients("example.com"); len(stored) != 0 {
			t.Errorf("%s: %q are stored", how, stored)
		}
	}
}

// atEnd is nothing, and does something when it is read.
type atEnd struct{ do func() }

func (e *atEnd) Read([]byte) (int, error) {
	e.do()
	return 0, io.EOF
}
