package bridge

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// streamTime is how long a stream of events is listened to: it may never end.
const streamTime = 20 * time.Second

// isStream reports media types of answers that may go on as long as somebody listens.
func isStream(header http.Header) bool {
	kind, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "text/event-stream", "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines",
		"application/json-seq", "application/stream+json", "application/vnd.docker.raw-stream", "application/vnd.docker.multiplexed-stream":
		return true
	}
	return false
}

// listen closes a stream when its time is over, with something left of the call's own
// time. late reports that it did; stop ends the listening.
func (s *sender) listen(ctx context.Context, body io.Closer) (late func() bool, stop func()) {
	left := s.stream
	if deadline, ok := ctx.Deadline(); ok {
		left = min(left, time.Until(deadline)*9/10)
	}
	var over atomic.Bool
	t := time.AfterFunc(left, func() {
		over.Store(true)
		_ = body.Close()
	})
	return over.Load, func() { t.Stop() }
}
