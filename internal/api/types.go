package api

// Problem is a problem detail (RFC 9457).
type Problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

// Error returns the detail: one line.
func (p *Problem) Error() string { return p.Detail }
