package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/address"
	"callout/internal/api"
	"callout/internal/callout"
)

// script is a server that answers with what is written to a pipe.
type script func(w *io.PipeWriter)

func (s script) RoundTrip(r *http.Request) (*http.Response, error) {
	body, w := io.Pipe()
	context.AfterFunc(r.Context(), func() { w.CloseWithError(r.Context().Err()) })
	go s(w)
	return &http.Response{StatusCode: http.StatusOK, Body: body, Header: http.Header{"Content-Type": {"text/event-stream"}}}, nil
}

// followed returns the lines, the answer and the error of what a server says.
func followed(ctx context.Context, s script) (lines []callout.Line, answer string, err error) {
	c := newClientOf("https://filter.example.net", "https://filter.example.net", "callout_x", s)
	err = c.follow(ctx, "verify", struct{}{}, func(l callout.Line) { lines = append(lines, l) }, "answer", &answer)
	return lines, answer, err
}

func says(text string) script {
	return func(w *io.PipeWriter) { fmt.Fprint(w, text); w.Close() }
}

func TestADialogueIsFollowed(t *testing.T) {
	lines, answer, err := followed(t.Context(), says(":\n\nevent: line\ndata: {\"at\":\"2026-11-27T12:00:00Z\",\"dir\":\"S\",\"text\":\"220 ready\"}\n\n"+
		"event: line\r\ndata:{\"dir\":\"C\",\"text\":\"EHLO\"}\r\n\r\nevent: line\ndata: {\"dir\":\"?\",\"text\":\"x\"}\n\n"+
		"event: new\ndata: {}\n\ndata: nameless\n\nid: 7\nevent: answer\ndata: \"valid\"\n\nevent: line\ndata: {}\n\n"))
	if err != nil || answer != "valid" || len(lines) != 3 {
		t.Fatalf("%q, %v, error %v", answer, lines, err)
	}
	at := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	if l := lines[0]; !l.At.Equal(at) || l.Dir != callout.FromServer || l.Text != "220 ready" {
		t.Errorf("%+v", l)
	}
	if lines[1].Dir != callout.FromClient || lines[2].Dir != callout.Note {
		t.Errorf("%+v", lines[1:])
	}
}

func TestADialogueThatIsNotToldToItsEnd(t *testing.T) {
	for what, one := range map[string]struct{ said, want string }{
		"broken off":   {"event: line\ndata: {}\n\n", "unexpected EOF"},
		"another site": {"<html>\n<body>hello</body>", "unexpected EOF"},
		"no JSON":      {"event: answer\ndata: x\n\n", "invalid character"},
		"endless":      {strings.Repeat("x", maxEvents+1), "unexpected EOF"},
	} {
		_, _, err := followed(t.Context(), says(one.said))
		want := "the server at https://filter.example.net: reading its answer: " + one.want
		if err == nil || !strings.HasPrefix(err.Error(), want) || !strings.HasSuffix(err.Error(), "; is the URL that of Callout?") {
			t.Errorf("%s: %v; want %s…", what, err, want)
		}
	}
	_, _, err := followed(t.Context(), says("event: line\ndata: {}\n\nevent: problem\ndata: {\"status\":503,\"detail\":\"shutting\\u001b[2J down\"}\n\n"))
	if p, ok := errors.AsType[*api.Problem](err); !ok || p.Status != 503 || strings.Contains(p.Detail, "\x1b") {
		t.Errorf("a problem: %v", err)
	}
}

// A server may take minutes, and says every 15 s that it is there. One that has gone is not waited for.
func TestAServerThatSaysNothingIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		_, _, err := followed(t.Context(), func(w *io.PipeWriter) {
			for range 20 {
				time.Sleep(15 * time.Second)
				fmt.Fprint(w, ":\n\n")
			}
		})
		if err == nil || !strings.Contains(err.Error(), "it has said nothing for a minute") {
			t.Error(err)
		}
		if took := time.Since(begun); took != 6*time.Minute {
			t.Errorf("waited for %s; it spoke for 5m", took)
		}
	})
}

// What a server tells is text, and the times are those of its clock.
func TestATranscriptThatIsTold(t *testing.T) {
	var out bytes.Buffer
	john, _ := address.Parse("john@example.com")
	tr := newToldTranscript(&app{out: &output{Writer: &out}}, false, john)
	at := time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)
	tr.line(callout.Line{At: at, Dir: callout.FromServer, Text: "220 \x1b[2Jready"})
	tr.line(callout.Line{At: at.Add(1500 * time.Millisecond), Dir: callout.FromClient, Text: "RCPT TO:<john@example.com>"})
	tr.line(callout.Line{At: at.Add(2 * time.Second), Dir: callout.FromClient, Text: "RCPT TO:<x1y2z3@example.com>"})
	want := "  0.000s  S 220 ?[2Jready\n  1.500s  C RCPT TO:<john@example.com>\n" +
		"  2.000s  C RCPT TO:<x1y2z3@example.com>   (a random address: does the domain accept everything?)\n"
	if out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}
