package callout_test

import (
	"bytes"
	"fmt"
	"net"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/callout"
	"callout/internal/smtpwire"
)

// gushing says what at RCPT, again and again until the client goes away, at most 64 MB of it.
func gushing(what string) func(net.Conn) {
	gush := bytes.Repeat([]byte(what), 32<<10/len(what))
	return func(conn net.Conn) {
		r := smtpwire.NewReader(conn)
		fmt.Fprint(conn, "220 mx ESMTP\r\n")
		for {
			line, err := r.ReadLine()
			switch {
			case err != nil:
				return
			case bytes.HasPrefix(line, []byte("RCPT")):
				for range 2048 {
					if _, err := conn.Write(gush); err != nil {
						return
					}
				}
				return
			}
			fmt.Fprint(conn, "250 mx\r\n")
		}
	}
}

// What a destination sends without end costs little memory, and its session; the answer is unknown, within the
// deadline.
func TestEndlessRepliesAreBoundedInMemory(t *testing.T) {
	for name, what := range map[string]string{
		"a line":         "x",
		"a reply":        "250-and so on\r\n",
		"empty lines":    "\r\n",
		"NULs":           "\x00",
		"bare CRs":       "250 a\r",
		"codes":          "250",
		"replies":        "250 Ok\r\n",
		"long text":      "550-" + string(bytes.Repeat([]byte("no "), 600)) + "\r\n",
		"endless 421s":   "421 later\r\n",
		"not even octet": "\xff\xfe",
	} {
		t.Run(name, func(t *testing.T) {
			const questions = 20
			synctest.Test(t, func(t *testing.T) {
				s := &server{serve: gushing(what)}
				pools := callout.NewPools(callout.Options{Dial: s.dial, Resolver: names{}})
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				for n := range questions {
					begun := time.Now()
					a := pools.Ask(t.Context(), question(n))
					if took := time.Since(begun); took > settings().Deadline {
						t.Errorf("answered after %v", took)
					}
					if a.Outcome == callout.Rejected || a.Outcome == callout.Accepted && name != "replies" {
						t.Errorf("question %d: %v %v", n, a.Outcome, a.Reply)
					}
					time.Sleep(5 * time.Minute) // for the back-off to end
				}
				runtime.ReadMemStats(&after)
				// All that was allocated, freed or not: two sessions a question, each with its buffers and a reply.
				if each := (after.TotalAlloc - before.TotalAlloc) / questions; each > 1<<20 {
					t.Errorf("%d octets allocated for a question", each)
				}
				if s.open.Load() != 0 {
					t.Errorf("%d sessions are still open", s.open.Load())
				}
				if err := pools.Close(t.Context()); err != nil {
					t.Error(err)
				}
				s.wait.Wait()
			})
		})
	}
}
