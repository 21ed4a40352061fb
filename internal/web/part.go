package web

import (
	"bytes"
	"fmt"
)

// part renders one template of a page by itself, for what a script puts into a page that is open. It is made by the same
// templates as whole pages, so that what strangers said is text in it too.
func (s *Shell) part(page, name string, data any) (string, error) {
	t, ok := s.pages[page]
	if !ok {
		return "", fmt.Errorf("no page %q", page)
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, name, data); err != nil {
		return "", err
	}
	return b.String(), nil
}
