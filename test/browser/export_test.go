package browser

// EvalForTest returns what an expression of text is in the page.
func (p *Page) EvalForTest(expression string) string { return p.read(expression) }

// StartForTest starts another browser, and ends it.
func StartForTest() error {
	var another process
	if err := another.start(); err != nil {
		return err
	}
	return another.close()
}
