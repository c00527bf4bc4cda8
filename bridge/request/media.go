package request

import (
	"net/http"
	"strings"
)

const bytesType = "application/octet-stream"

// fitting returns the media type that a file is sent as. types is what the document
// says: one media type, which is taken, or several and ranges ("image/*, text/csv")
// among which the file's own one decides; empty for nothing.
func fitting(types string, f File) string {
	var listed []string
	for one := range strings.SplitSeq(types, ",") {
		if one = strings.TrimSpace(one); one != "" {
			listed = append(listed, one)
		}
	}
	if len(listed) == 1 && !strings.Contains(listed[0], "*") {
		return types
	}
	own := f.Type
	if own == "" {
		own = sniffed(f.Data)
	}
	concrete := ""
	for _, one := range listed {
		switch m := mediaType(one); {
		case own != "" && m == mediaType(own):
			return one
		case strings.Contains(m, "*"):
			if own != "" && inRange(m, mediaType(own)) {
				return own
			}
		case concrete == "" || m == bytesType:
			concrete = one
		}
	}
	switch {
	case concrete != "":
		return concrete
	case own != "":
		return own // the server says what it thinks of it
	}
	return bytesType
}

// inRange reports a media type in a range of RFC 9110, section 12.5.1.
func inRange(of, m string) bool {
	kind, sub, _ := strings.Cut(of, "/")
	return (kind == "*" || strings.HasPrefix(m, kind+"/")) && (sub == "*" || strings.HasSuffix(m, strings.TrimPrefix(sub, "*")))
}

// sniffed returns the media type that bytes begin like; empty when they could be
// anything. Text is not told from other bytes.
func sniffed(data []byte) string {
	kind := mediaType(http.DetectContentType(data))
	if kind == bytesType || strings.HasPrefix(kind, "text/") {
		return ""
	}
	return kind
}

// ending returns how the name of a file of a type that [sniffed] knows ends; empty
// for others. Some servers go by the name.
func ending(kind string) string {
	switch mediaType(kind) {
	case "image/png":
		return ".png"
	case "image/jpeg":
		return ".jpg"
	case "image/gif":
		return ".gif"
	case "image/webp":
		return ".webp"
	case "application/pdf":
		return ".pdf"
	case "application/zip":
		return ".zip"
	case "video/mp4":
		return ".mp4"
	case "audio/mpeg":
		return ".mp3"
	}
	return ""
}
