package cli

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"callout/internal/address"
	"callout/internal/callout"
)

// transcript shows the lines of a dialogue as they happen, or collects them for JSON.
type transcript struct {
	a      *app
	quiet  bool
	colour bool
	probe  string
	asked  string    // who is asked about, where probe is not known
	start  time.Time // zero: with the first line

	mu    sync.Mutex
	taken []dialogueLine
}

// dialogueLine is a line of a dialogue as JSON has it.
type dialogueLine struct {
	After float64 `json:"after_seconds"`
	From  string  `json:"from"` // "client", "server", "note"
	Text  string  `json:"text"`
}

func newTranscript(a *app, quiet bool, probe address.Recipient) *transcript {
	t := &transcript{a: a, quiet: quiet, colour: isTerminal(a.out), start: time.Now()}
	if !probe.IsZero() {
		t.probe = probe.String()
	}
	return t
}

// newToldTranscript returns one for what a server tells, whose clock may be another. asked is who is asked about, zero for many.
func newToldTranscript(a *app, quiet bool, asked address.Recipient) *transcript {
	t := newTranscript(a, quiet, address.Recipient{})
	t.start = time.Time{}
	if !asked.IsZero() {
		t.asked = asked.String()
	}
	return t
}

const (
	colourClient = "\x1b[36m"
	colourServer = "\x1b[32m"
	colourNo     = "\x1b[33m" // a 4xx or 5xx
	colourNote   = "\x1b[2m"
	colourOff    = "\x1b[0m"
)

// line takes one line. The sessions call it, each from its own goroutine.
func (t *transcript) line(l callout.Line) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.start.IsZero() {
		t.start = l.At
	}
	after := l.At.Sub(t.start)
	text := clean(l.Text)
	if l.Dir == callout.FromClient && t.random(l.Text) {
		text += "   (a random address: does the domain accept everything?)"
	}
	from, colour := "note", colourNote
	switch l.Dir {
	case callout.FromClient:
		from, colour = "client", colourClient
	case callout.FromServer:
		from, colour = "server", colourServer
		if l.Text != "" && (l.Text[0] == '4' || l.Text[0] == '5') {
			colour = colourNo
		}
	}
	if t.quiet {
		t.taken = append(t.taken, dialogueLine{after.Seconds(), from, clean(l.Text)})
		return
	}
	off := colourOff
	if !t.colour {
		colour, off = "", ""
	}
	fmt.Fprintf(t.a.out, "%7.3fs  %s%c %s%s\n", after.Seconds(), colour, l.Dir, text, off)
}

// random reports whether a line of ours asks about a random address.
func (t *transcript) random(line string) bool {
	if t.asked != "" {
		return strings.HasPrefix(line, "RCPT TO:<") && !strings.Contains(line, "<"+t.asked+">")
	}
	return t.probe != "" && strings.Contains(line, t.probe)
}

// begun reports whether there has been a line.
func (t *transcript) begun() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.start.IsZero()
}

// lines returns what was collected.
func (t *transcript) lines() []dialogueLine {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.taken
}
