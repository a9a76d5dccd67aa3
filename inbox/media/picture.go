package media

import (
	"bytes"
	"encoding/binary"
	"image"
	_ "image/gif"  // their sizes are read by image.DecodeConfig
	_ "image/jpeg" //
	_ "image/png"  //
	"io"
)

// measure reads the width and height of a picture from its beginning, without
// decoding it.
type measure func(io.Reader) (width, height int, ok bool)

func decodeConfig(r io.Reader) (int, int, bool) {
	config, _, err := image.DecodeConfig(io.LimitReader(r, 1<<20))
	return config.Width, config.Height, err == nil
}

// measureWebP reads the size from the first chunk (RFC 9649, section 2).
func measureWebP(r io.Reader) (int, int, bool) {
	head := make([]byte, 30)
	if _, err := io.ReadFull(r, head); err != nil {
		return 0, 0, false
	}
	switch string(head[12:16]) {
	case "VP8 ": // a key frame begins with three bytes and this start code
		if !bytes.Equal(head[23:26], []byte{0x9d, 0x01, 0x2a}) {
			return 0, 0, false
		}
		return int(binary.LittleEndian.Uint16(head[26:]) & 0x3fff), int(binary.LittleEndian.Uint16(head[28:]) & 0x3fff), true
	case "VP8L":
		bits := binary.LittleEndian.Uint32(head[21:])
		return int(bits&0x3fff) + 1, int(bits>>14&0x3fff) + 1, head[20] == 0x2f
	case "VP8X":
		return uint24(head[24:]) + 1, uint24(head[27:]) + 1, true
	}
	return 0, 0, false
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// measureHEIC takes the largest of the sizes that the file tells of its parts
// ("ispe" boxes, ISO 23008-12, 6.5.3).
func measureHEIC(r io.Reader) (width, height int, ok bool) {
	head, err := io.ReadAll(io.LimitReader(r, headLength))
	if err != nil {
		return 0, 0, false
	}
	for {
		_, rest, found := bytes.Cut(head, []byte("ispe"))
		if !found || len(rest) < 12 {
			return width, height, ok
		}
		width = max(width, int(binary.BigEndian.Uint32(rest[4:])))
		height = max(height, int(binary.BigEndian.Uint32(rest[8:])))
		head, ok = rest[12:], true
	}
}
