package browser

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

//go:embed find.js
var finder string

// pollEvery is how often a page is looked at until it has what a step needs. A page whose scripts are off can't tell.
const pollEvery = 20 * time.Millisecond

// scope narrows where a step looks, outermost first; nil: the whole page.
type scope []within

type within struct {
	CSS string `json:"css,omitempty"`
	Row string `json:"row,omitempty"`
}

// In returns the part of the page that is the first visible element of a CSS selector.
func (p *Page) In(css string) *Page { return p.part(within{CSS: css}) }

// Row returns the part of the page that is the smallest row, item, section, form or dialog with this text in it. One
// that has an element with no more than the text is preferred.
func (p *Page) Row(text string) *Page { return p.part(within{Row: text}) }

func (p *Page) part(inner within) *Page {
	return &Page{tab: p.tab, scope: append(slices.Clone(p.scope), inner)}
}

func (s scope) String() string {
	var where strings.Builder
	for _, part := range slices.Backward(s) {
		if part.CSS != "" {
			fmt.Fprintf(&where, " in %s", part.CSS)
		} else {
			fmt.Fprintf(&where, " in the row of %q", part.Row)
		}
	}
	return where.String()
}

// found is what find.js answers.
type found struct {
	State string   `json:"state"`
	Have  []string `json:"have"`
	X     float64  `json:"x"`
	Y     float64  `json:"y"`
	Text  string   `json:"text"`
	Texts []string `json:"texts"`
}

// why says, for a person, why a step could not be done.
func (f found) why() string {
	have := ""
	if len(f.Have) > 0 {
		have = ": " + strings.Join(f.Have, " | ")
	}
	switch f.State {
	case "none":
		return whatOr(strings.Replace(have, ": ", "there is none; there are ", 1), "there is none")
	case "several":
		return "it fits several, say which by Row or In" + have
	case "nowhere":
		return "that part of the page is not there"
	case "covered":
		return "it can't be reached, over it is" + strings.TrimPrefix(have, ":")
	case "no option":
		return "it has no such option; it has" + strings.TrimPrefix(have, ":")
	}
	return "it is " + f.State + have
}

// find looks once.
func (p *Page) find(ctx context.Context, what, name string, value any) (f found, err error) {
	err = p.eval(ctx, p.call(what, name, value), &f)
	return f, err
}

func (p *Page) call(what, name string, value any) string {
	args, err := json.Marshal([]any{p.scope, what, name, value})
	if err != nil {
		panic(err) // they are texts and booleans
	}
	return "(" + strings.TrimSpace(finder) + ")(..." + string(args) + ")"
}

// await looks until the page has what a step needs, and fails the test when it has not in time.
func (p *Page) await(ctx context.Context, step, what, name string, value any) found {
	p.t.Helper()
	var last found
	done := p.until(ctx, func() (bool, error) {
		f, err := p.find(ctx, what, name, value)
		if err == nil {
			last = f
		}
		return f.State == "ok" || f.State == "done", err
	})
	if done != nil {
		p.fail("%s%s: %s", step, p.scope, whatOr(done.Error(), last.why()))
	}
	return last
}

// until repeats a look at the page until it says yes. The error, whose text is empty when the page only never said yes,
// is of a page that could not be asked.
func (p *Page) until(ctx context.Context, look func() (bool, error)) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	var last error
	for {
		yes, err := look()
		if yes && err == nil {
			return nil
		}
		if ctx.Err() == nil {
			last = err // also of a page that is just giving way to the next one
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			if last != nil {
				return last
			}
			return errors.New("")
		}
	}
}

// eval has the page's own engine compute an expression. This works with JavaScript off too: that stops the page's
// scripts alone.
func (p *Page) eval(ctx context.Context, expression string, result any) error {
	yes := true
	answer, err := chromedp.Call(ctx, runtime.Evaluate, runtime.EvaluateParams{Expression: expression, ReturnByValue: &yes})
	if err != nil {
		return err
	}
	if answer.ExceptionDetails != nil {
		return errors.New(exception(answer.ExceptionDetails))
	}
	if result == nil || len(answer.Result.Value) == 0 {
		return nil
	}
	return json.Unmarshal(answer.Result.Value, result)
}

// flush returns when the page has done what was asked of it before.
func (p *Page) flush(ctx context.Context) { p.eval(ctx, "0", nil) }

// settle waits until the navigation that a step began, if it did, has ended. A page that is still being sent when time
// is up is used as far as it has come.
func (p *Page) settle(ctx context.Context) {
	p.flush(ctx)
	p.flush(ctx)
	p.watch.settled(ctx)
}
