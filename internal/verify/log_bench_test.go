package verify_test

import (
	"context"
	"io"
	"log/slog"
	"testing"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/logline"
	"callout/internal/verify"
)

// What a decision costs with its line in the log: through the handler that a server has, slog's, and slog's for JSON.
func BenchmarkDecideCachedLogged(b *testing.B) {
	for verdict, answer := range map[string]callout.Answer{"valid": accepted, "invalid": rejected} {
		for name, handler := range map[string]slog.Handler{
			"text":      logline.NewTextHandler(io.Discard, slog.LevelInfo),
			"slog-text": slog.NewTextHandler(io.Discard, nil),
			"json":      slog.NewJSONHandler(io.Discard, nil),
			"none":      slog.DiscardHandler,
		} {
			b.Run(verdict+"/"+name, func(b *testing.B) {
				v, _ := newVerifier(b, func(context.Context, callout.Question) callout.Answer { return answer }, func(o *verify.Options) {
					o.Log = slog.New(handler)
				})
				q := verify.Question{Recipient: address.New("user1", "example.com"), Front: "bench", Client: "192.0.2.1", Sender: "someone@example.org"}
				v.Decide(b.Context(), q)
				b.ReportAllocs()
				for b.Loop() {
					v.Decide(b.Context(), q)
				}
			})
		}
	}
}
