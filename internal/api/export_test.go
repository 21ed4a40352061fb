package api

import (
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Document returns the OpenAPI document.
func (a *API) Document() *huma.OpenAPI { return a.huma.OpenAPI() }

// SetBeat sets the time between comments of a stream.
func (a *API) SetBeat(d time.Duration) { a.beat = d }

// SetToTell sets how long a client may take for an event.
func (a *API) SetToTell(d time.Duration) { a.toTell = d }

// Streams returns how many streams are under way.
func (a *API) Streams() int { return a.streams.Len() }

// Bounds of the streams of one user or token.
const MaxStreamsEach = maxStreamsEach
