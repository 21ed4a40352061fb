package browser

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Click clicks the link, button, tab, checkbox or summary with this text or label, and waits until the page that it
// leads to, if it does, is there. Of several names the one that fits best counts: equal, beginning so, holding it.
func (p *Page) Click(text string) {
	p.t.Helper()
	p.click(fmt.Sprintf("click %q", text), "click", text, nil)
}

// ClickCSS clicks the first visible element of a CSS selector. A person has no selectors: prefer Click.
func (p *Page) ClickCSS(selector string) {
	p.t.Helper()
	p.click("click "+selector, "css", selector, nil)
}

// Check sets the checkbox or radio button with this label, or clears it.
func (p *Page) Check(label string, on bool) {
	p.t.Helper()
	p.click(fmt.Sprintf("set %q to %t", label, on), "check", label, on)
}

func (p *Page) click(about, what, name string, value any) {
	p.t.Helper()
	ctx, cancel := p.deadline()
	defer cancel()
	at := p.await(ctx, about, what, name, value)
	if at.State == "done" {
		return
	}
	move := input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseMoved, X: at.X, Y: at.Y}
	press, release := move, move
	press.Type, press.Button, press.Buttons, press.ClickCount = input.DispatchMouseEventTypeMousePressed, input.MouseButtonLeft, 1, 1
	release.Type, release.Button, release.ClickCount = input.DispatchMouseEventTypeMouseReleased, input.MouseButtonLeft, 1
	for _, event := range []input.DispatchMouseEventParams{move, press, release} {
		if _, err := chromedp.Call(ctx, input.DispatchMouseEvent, event); err != nil {
			p.fail("%s%s: %v", about, p.scope, err)
		}
	}
	p.settle(ctx)
}

// Fill replaces what is in the field with this label, as if typed. Dates and times are given as their value is sent
// ("2026-01-31").
func (p *Page) Fill(label, value string) {
	p.t.Helper()
	ctx, cancel := p.deadline()
	defer cancel()
	step := fmt.Sprintf("fill %q", label)
	if p.await(ctx, step, "fill", label, value).State == "ok" {
		if err := chromedp.Do(ctx, typing(value)); err != nil {
			p.fail("%s%s: %v", step, p.scope, err)
		}
	}
	if got := p.await(ctx, step, "value", label, nil).Text; got != value {
		p.fail("%s%s: the field holds %q, not %q", step, p.scope, got, value)
	}
}

// typing puts text in place of what is selected.
func typing(text string) chromedp.Action[chromedp.Void] {
	if text == "" {
		return chromedp.KeyEvent(kb.Delete)
	}
	return step(input.InsertText, input.InsertTextParams{Text: text})
}

// Choose takes the option with this text, or value, of the list with this label.
func (p *Page) Choose(label, option string) {
	p.t.Helper()
	ctx, cancel := p.deadline()
	defer cancel()
	p.await(ctx, fmt.Sprintf("choose %q for %q", option, label), "choose", label, option)
	p.settle(ctx) // a list may act at once
}

// Upload puts a file into the file field with this label.
func (p *Page) Upload(label, path string) {
	p.t.Helper()
	ctx, cancel := p.deadline()
	defer cancel()
	step := fmt.Sprintf("upload into %q", label)
	whole, err := filepath.Abs(path)
	if err == nil {
		_, err = os.Stat(whole)
	}
	if err != nil {
		p.fail("%s: %v", step, err)
	}
	p.await(ctx, step, "file", label, nil)
	if err := p.setFile(ctx, label, whole); err != nil {
		p.fail("%s%s: %v", step, p.scope, err)
	}
	p.settle(ctx)
}

func (p *Page) setFile(ctx context.Context, label, path string) error {
	answer, err := chromedp.Call(ctx, runtime.Evaluate, runtime.EvaluateParams{Expression: p.call("file", label, nil) + ".el"})
	if err != nil {
		return err
	}
	_, err = chromedp.Call(ctx, dom.SetFileInputFiles, dom.SetFileInputFilesParams{
		Files: []string{path}, ObjectID: answer.Result.ObjectID})
	return err
}

// keys are those that Press knows by name; any other is one character.
var keys = map[string]string{
	"Enter": kb.Enter, "Tab": kb.Tab, "Escape": kb.Escape, "Space": " ", "Backspace": kb.Backspace, "Delete": kb.Delete,
	"ArrowUp": kb.ArrowUp, "ArrowDown": kb.ArrowDown, "ArrowLeft": kb.ArrowLeft, "ArrowRight": kb.ArrowRight,
	"Home": kb.Home, "End": kb.End, "PageUp": kb.PageUp, "PageDown": kb.PageDown,
}

// Press presses and releases a key, "Enter", "ArrowDown", "a", also as "Shift+Tab", where the focus is, and waits as
// Click does.
func (p *Page) Press(key string) {
	p.t.Helper()
	name, shift := strings.CutPrefix(key, "Shift+")
	code := whatOr(keys[name], name)
	if len([]rune(code)) != 1 {
		p.t.Fatalf("press %q: no such key", key)
	}
	var with []chromedp.KeyOption
	if shift {
		with = append(with, chromedp.KeyModifiers(chromedp.ModifierShift))
	}
	ctx, cancel := p.deadline()
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.KeyEvent(code, with...)); err != nil {
		p.fail("press %s: %v", key, err)
	}
	p.settle(ctx)
}
