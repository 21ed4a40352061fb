package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"callout/internal/api"
	"callout/internal/callout"
)

// maxEvents bounds the events of one answer, in octets: a report with its dialogue has about a hundredth.
const maxEvents = 64 << 20

// follow posts a body and calls line with the dialogue as the server tells it, until the event of a name comes, which is read
// into out. The server says something every 15 s; one that is silent for longer than any request may take has gone.
func (c *client) follow(ctx context.Context, path string, body any, line func(callout.Line), last string, out any) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silent := time.AfterFunc(clientTimeout, func() { cancel(errSilent) })
	defer silent.Stop()
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	resp, err := c.send(ctx, map[string]string{"Content-Type": "application/json", "Accept": "text/event-stream"}, http.MethodPost, path, bytes.NewReader(b))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	err = readEvents(io.LimitReader(resp.Body, maxEvents), func(name string, data []byte) (bool, error) {
		silent.Reset(clientTimeout)
		switch name {
		case "line":
			var l toldLine
			if err := json.Unmarshal(data, &l); err != nil {
				return false, err
			}
			line(l.line())
			return false, nil
		case "problem":
			if p := readProblem(data); p != nil {
				return false, p
			}
			return false, errors.New("it failed, and does not say at what")
		case last:
			return true, json.Unmarshal(data, out)
		}
		return false, nil
	})
	if _, told := errors.AsType[*api.Problem](err); told || err == nil {
		return err
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return fmt.Errorf("the server at %s: reading its answer: %w; is the URL that of Callout?", c.at, err)
}

var errSilent = errors.New("it has said nothing for a minute")

// toldLine is a line of a dialogue as the API tells it.
type toldLine struct {
	At   time.Time `json:"at"`
	Dir  string    `json:"dir"`
	Text string    `json:"text"`
}

func (l *toldLine) line() callout.Line {
	dir := callout.Note
	for _, d := range []callout.Direction{callout.FromClient, callout.FromServer} {
		if l.Dir == string(rune(d)) {
			dir = d
		}
	}
	return callout.Line{At: l.At, Dir: dir, Text: l.Text}
}

// readEvents reads server-sent events, each with its data on one line, and calls take with them until it says that it was the
// last one. A comment is an event without a name.
func readEvents(r io.Reader, take func(name string, data []byte) (last bool, err error)) error {
	in := bufio.NewReader(r)
	name := ""
	for {
		text, err := in.ReadString('\n')
		if errors.Is(err, io.EOF) {
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		field, value, _ := strings.Cut(strings.TrimRight(text, "\r\n"), ":")
		value = strings.TrimPrefix(value, " ")
		var last bool
		switch field {
		case "event":
			name = value
		case "data":
			last, err = take(name, []byte(value))
		case "":
			name = ""
			_, err = take("", nil)
		}
		if last || err != nil {
			return err
		}
	}
}
