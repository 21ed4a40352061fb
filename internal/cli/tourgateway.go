package cli

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"callout/internal/smtpwire"
)

// step is one step of the dialogue with the gateway: what the client sends in one go, and the replies it reads then.
type step struct {
	lines []said
	wants []string // how each reply begins that shows what the step is to show
	notes []string // what is to be said of each reply
}

// said is a line of the client, and what is to be said of it.
type said struct{ line, note string }

// dialogue is a message for three recipients, two of which are refused.
var dialogue = []step{
	{wants: []string{"220 "}, notes: []string{""}},
	{
		lines: []said{{"EHLO client.example.org", ""}},
		wants: []string{"250"}, notes: []string{""},
	},
	{
		lines: []said{
			{"MAIL FROM:<sender@example.org>", "five commands in one go (PIPELINING)"},
			{"RCPT TO:<john@" + demoDomain + ">", ""},
			{"RCPT TO:<nobody@" + demoDomain + ">", ""},
			{"RCPT TO:<user@elsewhere.example>", ""},
			{"DATA", ""},
		},
		wants: []string{"250 ", "250 ", "550 5.1.1 ", "550 5.7.1 ", "354 "},
		notes: []string{"", "john exists, and the destination has just taken him for this message",
			"known from before: the destination hears nothing of it", "", ""},
	},
	{
		lines: []said{
			{"From: sender@example.org", ""},
			{"To: john@" + demoDomain, ""},
			{"Subject: a message of a few lines", ""},
			{"", ""},
			{"It goes to the destination line by line, while the client waits.", ""},
			{".", ""},
		},
		wants: []string{"250 "}, notes: []string{"the destination's own words: it has the message"},
	},
	{
		lines: []said{{"QUIT", ""}},
		wants: []string{"221 "}, notes: []string{""},
	},
}

// gateway hands the gateway a message, as a mail server would, and shows every line.
func (t *tour) gateway(ctx context.Context) error {
	out := t.a.out
	fmt.Fprintf(out, "\nThe same Callout as an SMTP gateway, on %s. A mail server (C) brings it a message for three recipients:\n\n", t.at.gateway)
	recipients, messages := t.destination.Recipients.Load(), t.destination.Messages.Load()
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", t.at.gateway)
	if err != nil {
		return fmt.Errorf("demo: talking to the gateway: %w", err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	r := smtpwire.NewReader(conn)
	for _, s := range dialogue {
		if err := s.play(out, conn, r); err != nil {
			return fmt.Errorf("demo: talking to the gateway: %w", err)
		}
	}
	recipients, messages = t.destination.Recipients.Load()-recipients, t.destination.Messages.Load()-messages
	fmt.Fprintf(out, "\nThe destination got %s and took %s; nothing was stored here.\n", rcpts(recipients), count(int(messages), "message"))
	return nil
}

// play sends the lines of a step and reads its replies, and shows both.
func (s step) play(out io.Writer, conn io.Writer, r *smtpwire.Reader) error {
	var flight strings.Builder
	for _, l := range s.lines {
		flight.WriteString(l.line + "\r\n")
		showLine(out, "C: "+l.line, l.note)
	}
	if _, err := io.WriteString(conn, flight.String()); err != nil {
		return err
	}
	for i, want := range s.wants {
		reply, err := r.ReadReply()
		if err != nil {
			return err
		}
		for j, line := range reply.Lines {
			separator := "-"
			if j == len(reply.Lines)-1 {
				separator = " "
			}
			showLine(out, fmt.Sprintf("S: %d%s%s", reply.Code, separator, clean(line)), s.notes[i])
		}
		if got := fmt.Sprintf("%d %s", reply.Code, strings.Join(reply.Lines, " ")); !strings.HasPrefix(got, want) {
			return fmt.Errorf("it said %q where %q was to come", clean(got), strings.TrimSpace(want))
		}
	}
	return nil
}

// showLine prints a line of the dialogue with a note beside it.
func showLine(out io.Writer, line, note string) {
	if note != "" {
		line = fmt.Sprintf("%-56s %s", line, note)
	}
	fmt.Fprintln(out, "    "+strings.TrimRight(line, " "))
}
