package verify_test

import (
	"context"
	"io"
	"log/slog"
	"testing"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/verify"
)

// The same with the line in the log that a decision makes.
func BenchmarkDecideCachedLogged(b *testing.B) {
	v, _ := newVerifier(b, func(context.Context, callout.Question) callout.Answer { return accepted }, func(o *verify.Options) {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	})
	q := verify.Question{Recipient: address.New("user1", "example.com"), Front: "bench", Client: "192.0.2.1", Sender: "someone@example.org"}
	v.Decide(b.Context(), q)
	b.ReportAllocs()
	for b.Loop() {
		v.Decide(b.Context(), q)
	}
}
