package zalosim

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"net/http"
)

// sticker is one of the few stickers of this phone: a round face.
type sticker struct {
	ID, Word string
	skin     color.RGBA
	mouth    func(x, y int) bool // of a face 128 wide, drawn around 64,64
	picture  []byte
}

var stickers = []sticker{
	{ID: "46981", Word: "Xin chào", skin: color.RGBA{255, 205, 70, 255}, mouth: laughing},
	{ID: "46982", Word: "Cảm ơn", skin: color.RGBA{255, 160, 150, 255}, mouth: smiling},
	{ID: "46983", Word: "Đồng ý", skin: color.RGBA{120, 205, 120, 255}, mouth: smiling},
	{ID: "46984", Word: "Buồn", skin: color.RGBA{130, 185, 245, 255}, mouth: sad},
}

func init() {
	for i := range stickers {
		stickers[i].picture = stickers[i].draw()
	}
}

// stickerByID finds a sticker; the zero sticker stands for one this phone does
// not have.
func stickerByID(id string) sticker {
	for _, s := range stickers {
		if s.ID == id {
			return s
		}
	}
	return sticker{Word: id}
}

func within(x, y, centreX, centreY, radius int) bool {
	return (x-centreX)*(x-centreX)+(y-centreY)*(y-centreY) <= radius*radius
}

func laughing(x, y int) bool { return y > 72 && within(x, y, 64, 72, 30) }

func smiling(x, y int) bool { return y > 74 && within(x, y, 64, 66, 34) && !within(x, y, 64, 60, 34) }

func sad(x, y int) bool { return y < 96 && within(x, y, 64, 106, 30) && !within(x, y, 64, 112, 30) }

func (s sticker) draw() []byte {
	const size = 128
	face := image.NewRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			switch {
			case within(x, y, 44, 50, 8), within(x, y, 84, 50, 8), s.mouth(x, y):
				face.Set(x, y, color.RGBA{60, 40, 10, 255})
			case within(x, y, size/2, size/2, 60):
				face.Set(x, y, s.skin)
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, face); err != nil {
		panic(err) // into memory
	}
	return b.Bytes()
}

func getSticker(w http.ResponseWriter, r *http.Request) {
	s := stickerByID(r.PathValue("id"))
	if s.picture == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	_, _ = w.Write(s.picture) // a reader that left needs no picture
}
