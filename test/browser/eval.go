package browser

// Eval returns the value of a JavaScript expression, which is to be a text, for what a test can neither do nor see otherwise.
func (p *Page) Eval(expression string) string { p.t.Helper(); return p.read(expression) }
