package browser

import (
	"context"
	"fmt"
	"strings"
)

// WaitText waits until the page, or this part of it, shows a text. Space and case don't count.
func (p *Page) WaitText(text string) {
	p.t.Helper()
	p.waitShown(text, true)
}

// WaitNoText waits until the page, or this part of it, no longer shows a text. Space and case don't count.
func (p *Page) WaitNoText(text string) {
	p.t.Helper()
	p.waitShown(text, false)
}

func (p *Page) waitShown(text string, want bool) {
	p.t.Helper()
	ctx, cancel := p.deadline()
	defer cancel()
	var why string
	err := p.until(ctx, func() (bool, error) {
		f, err := p.find(ctx, "page", "", nil)
		switch {
		case f.State == "nowhere":
			why = "that part of the page is not there"
			return !want, err
		case want:
			why = "it is not shown"
		default:
			why = "it is still shown"
		}
		return strings.Contains(folded(f.Text), folded(text)) == want, err
	})
	if err != nil {
		p.fail("wait for text %q%s: %s", text, p.scope, whatOr(err.Error(), why))
	}
}

func folded(text string) string { return strings.ToLower(strings.Join(strings.Fields(text), " ")) }

// Shows reports whether the page, or this part of it, shows a text at this moment.
func (p *Page) Shows(text string) bool {
	p.t.Helper()
	ctx, cancel := p.deadline()
	defer cancel()
	f, err := p.find(ctx, "page", "", nil)
	if err != nil {
		p.fail("read the page: %v", err)
	}
	return strings.Contains(folded(f.Text), folded(text))
}

// Text waits for a visible element of a CSS selector and returns what it shows; of several, the first. "" is all of this
// part of the page.
func (p *Page) Text(selector string) string {
	p.t.Helper()
	ctx, cancel := p.deadline()
	defer cancel()
	return p.await(ctx, "read "+selector, "text", selector, nil).Texts[0]
}

// Texts returns what each visible element of a CSS selector shows at this moment.
func (p *Page) Texts(selector string) []string {
	p.t.Helper()
	ctx, cancel := p.deadline()
	defer cancel()
	f, err := p.find(ctx, "text", selector, nil)
	if err != nil {
		p.fail("read %s%s: %v", selector, p.scope, err)
	}
	return f.Texts
}

// Value returns what is in the field with this label: its text, the option chosen, or "true" and "false".
func (p *Page) Value(label string) string {
	p.t.Helper()
	ctx, cancel := p.deadline()
	defer cancel()
	return p.await(ctx, fmt.Sprintf("read field %q", label), "value", label, nil).Text
}

// HTML returns the page's source as it is now, with what no one sees.
func (p *Page) HTML() string { p.t.Helper(); return p.read("document.documentElement.outerHTML") }

// URL returns where the page is.
func (p *Page) URL() string { p.t.Helper(); return p.read("location.href") }

// Title returns the page's title.
func (p *Page) Title() string { p.t.Helper(); return p.read("document.title") }

// Focus returns the name of what has the focus, as "<a> Domains".
func (p *Page) Focus() string {
	p.t.Helper()
	return p.read("(e => `<${e.localName}> ${e.labels?.[0]?.textContent.trim() ?? " +
		"e.getAttribute('aria-label') ?? e.innerText.trim()}`)(document.activeElement)")
}

func (p *Page) read(expression string) string {
	p.t.Helper()
	ctx, cancel := p.deadline()
	defer cancel()
	text, err := p.readNow(ctx, expression)
	if err != nil {
		p.fail("read %s: %v", expression, err)
	}
	return text
}

func (p *Page) readNow(ctx context.Context, expression string) (text string, err error) {
	err = p.eval(ctx, expression, &text)
	return text, err
}

// Status returns the HTTP status of the document shown, 0 when none was opened yet.
func (p *Page) Status() int {
	p.watch.mu.Lock()
	defer p.watch.mu.Unlock()
	return p.watch.status
}

// Complaints returns what went wrong in the page so far, and forgets it, so that it does not fail the test.
func (p *Page) Complaints() []string {
	ctx, cancel := p.deadline()
	defer cancel()
	p.flush(ctx)
	return p.watch.take()
}

// Allow says that complaints with this in their text are expected, as "status of 403".
func (p *Page) Allow(part string) {
	p.watch.mu.Lock()
	defer p.watch.mu.Unlock()
	p.watch.allowed = append(p.watch.allowed, part)
}
