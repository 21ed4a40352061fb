package browser

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

//go:embed axe/axe.min.js
var axe string

// runAxe reads nothing again over the network, and tells of each element what must change.
const runAxe = `axe.run(document, {resultTypes: ["violations"], preload: false}).then(r =>
	r.violations.flatMap(v => v.nodes.map(n =>
	v.id + " (" + n.impact + "): " + n.target.flat(9).join(" ") + ": " + v.help + ": " +
	[...n.any, ...n.all, ...n.none].map(c => c.message).join("; "))))`

// Axe fails the test for each violation that axe-core finds in the page as it is now, in its light or dark colours. With
// JavaScript off it can't run.
func (p *Page) Axe() {
	p.t.Helper()
	for _, violation := range p.Violations() {
		p.t.Errorf("%s: %s", p.URL(), violation)
	}
}

// Violations returns what axe-core finds wrong with the page, one line for each element: rule, element, help.
func (p *Page) Violations() []string {
	p.t.Helper()
	if p.options.NoScript {
		p.fail("axe-core is a script, and JavaScript is off in this page: look at it in one with JavaScript")
	}
	lines, err := p.violations()
	if err != nil {
		p.fail("axe-core: %v", err)
	}
	return lines
}

// violations runs axe-core in a world of its own, where it can't get in the way of the page's scripts.
func (p *Page) violations() (lines []string, err error) {
	ctx, cancel := p.deadline()
	defer cancel()
	tree, err := chromedp.Call(ctx, page.GetFrameTree, struct{}{})
	if err != nil {
		return nil, err
	}
	world, err := chromedp.Call(ctx, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{
		FrameID: tree.FrameTree.Frame.ID, WorldName: "axe"})
	if err != nil {
		return nil, err
	}
	yes := true
	for _, script := range []string{axe + "; 0", runAxe} {
		answer, err := chromedp.Call(ctx, runtime.Evaluate, runtime.EvaluateParams{
			Expression: script, ContextID: world.ExecutionContextID, AwaitPromise: &yes, ReturnByValue: &yes})
		if err != nil {
			return nil, err
		}
		if answer.ExceptionDetails != nil {
			return nil, errors.New(exception(answer.ExceptionDetails))
		}
		if script == runAxe {
			if err := json.Unmarshal(answer.Result.Value, &lines); err != nil {
				return nil, fmt.Errorf("result: %w", err)
			}
		}
	}
	return lines, nil
}
