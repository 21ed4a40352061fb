package api

import (
	"mime"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// mentions reports whether a header that lists media types has one by name. A list may weigh them; who names this one
// gets it.
func mentions(values []string, media string) bool {
	for _, value := range values {
		for one := range strings.SplitSeq(value, ",") {
			if kind, _, err := mime.ParseMediaType(one); err == nil && kind == media {
				return true
			}
		}
	}
	return false
}

func unwrap(ctx huma.Context) (*http.Request, http.ResponseWriter) { return humago.Unwrap(ctx) }
