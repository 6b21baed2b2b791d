//! Images cut into tiles, each an item of its own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::Result;

use super::header::Header;
use super::mask::IGNORED;
use super::picture::Picture;
use super::source::{Item, Source, Target};
use super::survey::survey;
use super::tiles::Tiles;
use super::tolerant::Tolerant;
use super::window::Window;

/// The tiles of a source's images, image after image. A tile is read by reading its image.
pub(super) struct Tiled {
    source: Arc<dyn Source>,
    size: [usize; 2],
    /// The image of each tile, and where in it the tile begins.
    tiles: Vec<(usize, [usize; 2])>,
}

impl Tiled {
    /// Reads the headers of the images.
    ///
    /// # Errors
    /// If one cannot be read, unless that is tolerated: then it is a tile that cannot be read.
    pub fn new(source: Arc<dyn Source>, tiles: Tiles, tolerant: Tolerant) -> Result<Self> {
        let look = |sizes: &mut BTreeMap<usize, [usize; 2]>, index: usize| {
            let header = tolerant.pass(source.header(index))?;
            sizes.extend(header.map(|header| (index, header.size)));
            Ok(())
        };
        let sizes = survey(source.len(), look, |all: &mut BTreeMap<_, _>, mut part| {
            all.append(&mut part)
        })?;
        let of = |index: usize| {
            let size = sizes.get(&index).copied().unwrap_or(tiles.size);
            tiles.of(size).into_iter().map(move |start| (index, start))
        };
        Ok(Self {
            tiles: (0..source.len()).flat_map(of).collect(),
            size: tiles.size,
            source,
        })
    }

    /// For each tile what its image has.
    pub fn spread<T: Copy>(&self, of_images: &[T]) -> Vec<T> {
        let own = self.tiles.iter();
        own.map(|&(image, _)| of_images[image]).collect()
    }

    /// The part of an image of this size that a tile is.
    fn window(&self, start: [usize; 2], image: [usize; 2]) -> Window {
        let part = [0, 1].map(|dim| self.size[dim].min(image[dim]));
        Window::whole(image).crop(start, part)
    }
}

impl Source for Tiled {
    fn len(&self) -> usize {
        self.tiles.len()
    }

    /// Its image's name, with the row and the column where it begins.
    fn name(&self, index: usize) -> String {
        let (image, [row, column]) = self.tiles[index];
        format!("{}-{row}-{column}", self.source.name(image))
    }

    fn bytes(&self, index: usize) -> Result<u64> {
        self.source.bytes(self.tiles[index].0)
    }

    fn answer(&self, index: usize) -> Result<Vec<u8>> {
        self.source.answer(self.tiles[index].0)
    }

    fn modified(&self, index: usize) -> Option<SystemTime> {
        self.source.modified(self.tiles[index].0)
    }

    fn header(&self, index: usize) -> Result<Header> {
        let (image, start) = self.tiles[index];
        let header = self.source.header(image)?;
        let size = self.window(start, header.size).seen();
        Ok(Header { size, ..header })
    }

    fn picture(&self, index: usize) -> Result<Picture> {
        let (image, start) = self.tiles[index];
        let picture = self.source.picture(image)?;
        let window = self.window(start, picture.size());
        Ok(picture.seen_through(&window))
    }

    fn get(&self, index: usize) -> Result<Item> {
        let (image, start) = self.tiles[index];
        let item = self.source.get(image)?;
        let window = self.window(start, item.picture.size());
        Ok(Item {
            name: self.name(index),
            picture: item.picture.seen_through(&window),
            target: match item.target {
                Target::Mask(mask) => Target::Mask(mask.seen_through(&window, IGNORED)),
                Target::Picture(picture) => Target::Picture(picture.seen_through(&window)),
                other => other,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::mask::Mask;
    use crate::data::picture::Values;

    /// One image, whose mask tells each pixel's place; a second that cannot be read.
    struct Large;

    impl Source for Large {
        fn len(&self) -> usize {
            2
        }

        fn name(&self, index: usize) -> String {
            format!("image {index}")
        }

        fn bytes(&self, _: usize) -> Result<u64> {
            Ok(35)
        }

        fn get(&self, index: usize) -> Result<Item> {
            anyhow::ensure!(index == 0, "the image 'image 1' cannot be decoded");
            Ok(Item {
                name: self.name(index),
                picture: Picture::new([5, 7], 1, Values::U8((0..35).collect())),
                target: Target::Mask(Mask::new([5, 7], (0..35).collect())),
            })
        }
    }

    fn tiled(tolerant: bool) -> Result<Tiled> {
        let tiles = Tiles {
            size: [8, 4],
            overlap: 1,
        };
        Tiled::new(Arc::new(Large), tiles, Tolerant(tolerant))
    }

    #[test]
    fn each_tile_is_an_item_with_its_part_of_the_answer() {
        let tiled = tiled(true).expect("headers");
        assert_eq!(tiled.len(), 3);
        assert_eq!(tiled.name(1), "image 0-0-3");
        assert_eq!(tiled.spread(&["a", "b"]), ["a", "a", "b"]);
        let item = tiled.get(1).expect("reads");
        assert_eq!(item.picture.size(), [5, 4]);
        assert_eq!(tiled.header(1).expect("reads").size, [5, 4]);
        assert_eq!(tiled.picture(1).expect("reads"), item.picture);
        let Target::Mask(mask) = item.target else {
            panic!("a mask");
        };
        assert_eq!(mask.classes()[..6], [3, 4, 5, 6, 10, 11]);
        assert!(tiled.get(2).is_err());
    }

    #[test]
    fn an_image_that_cannot_be_read_is_an_error_unless_that_is_tolerated() {
        let error = tiled(false).map(|_| ()).expect_err("the second");
        assert!(error.to_string().contains("'image 1'"), "{error}");
    }
}
