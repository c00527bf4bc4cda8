package result

import "bytes"

// imageType returns the media type of an image that clients show, by its first bytes;
// empty for anything else. Models take these four: one that is handed anything else
// under such a name refuses the whole conversation from then on.
func imageType(body []byte) string {
	switch {
	case bytes.HasPrefix(body, []byte("\x89PNG\r\n\x1a\n")):
		return "image/png"
	case bytes.HasPrefix(body, []byte("\xFF\xD8\xFF")):
		return "image/jpeg"
	case bytes.HasPrefix(body, []byte("GIF87a")), bytes.HasPrefix(body, []byte("GIF89a")):
		return "image/gif"
	case len(body) >= 12 && string(body[:4]) == "RIFF" && string(body[8:12]) == "WEBP":
		return "image/webp"
	}
	return ""
}

// audioType does the same for sounds.
func audioType(body []byte) string {
	switch {
	case len(body) >= 12 && string(body[:4]) == "RIFF" && string(body[8:12]) == "WAVE":
		return "audio/wav"
	case bytes.HasPrefix(body, []byte("ID3")):
		return "audio/mpeg"
	case bytes.HasPrefix(body, []byte("OggS")):
		return "audio/ogg"
	case bytes.HasPrefix(body, []byte("fLaC")):
		return "audio/flac"
	case len(body) >= 12 && string(body[4:8]) == "ftyp" && (string(body[8:11]) == "M4A" || string(body[8:12]) == "mp42" || string(body[8:12]) == "isom"):
		return "audio/mp4"
	case bytes.HasPrefix(body, []byte("\x1A\x45\xDF\xA3")):
		return "audio/webm"
	case len(body) >= 12 && string(body[:4]) == "FORM" && (string(body[8:12]) == "AIFF" || string(body[8:12]) == "AIFC"):
		return "audio/aiff"
	case len(body) >= 3 && body[0] == 0xFF && body[1]&0xF6 == 0xF0: // ADTS: layer 0
		return "audio/aac"
	case len(body) >= 4 && body[0] == 0xFF && body[1]&0xE0 == 0xE0 && body[1]&0x18 != 0x08 && body[1]&0x06 != 0 && body[2]&0xF0 != 0xF0 && body[2]&0x0C != 0x0C:
		return "audio/mpeg"
	}
	return ""
}
