package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// sendCSV sends a file of CSV and reads the answer into out.
func (c *client) sendCSV(ctx context.Context, method, path string, data []byte, out any) error {
	ctx, cancel := context.WithTimeout(ctx, fileTimeout)
	defer cancel()
	resp, err := c.send(ctx, map[string]string{"Content-Type": "text/csv"}, method, path, bytes.NewReader(data))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return c.read(resp, out)
}

// fetchCSV writes what a path answers as CSV.
func (c *client) fetchCSV(ctx context.Context, path string, w io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, fileTimeout)
	defer cancel()
	resp, err := c.send(ctx, map[string]string{"Accept": "text/csv"}, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if kind := resp.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/csv") {
		return fmt.Errorf("the server at %s answered with no CSV (%.100s); is the URL that of Callout?", c.at, clean(kind))
	}
	if _, err := io.Copy(w, resp.Body); err != nil {
		return fmt.Errorf("the server at %s: the CSV breaks off: %w; what was printed is not all", c.at, err)
	}
	return nil
}
