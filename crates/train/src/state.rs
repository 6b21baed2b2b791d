//! Everything that changes in training.

use anyhow::Result;
use burn::module::Module;
use burn::optim::{GradientsParams, ModuleOptimizer};
use models::{ImageSpec, Model, ModelConfig};
use skip_blocks::seam::Seam;

use crate::average::Average;
use crate::gradients::clipped;
use crate::recipe::{Recipe, Treatment};

/// A model, and what changes it.
pub(crate) struct State {
    pub model: Model,
    pub optimizer: ModuleOptimizer,
    pub average: Option<Average>,
    /// How parameters are treated, by their ids.
    treatments: Vec<Treatment>,
    /// What is computed again on the way back, by their ids too.
    pub seam: Option<Seam>,
}

impl State {
    /// Around a model that has not learned yet, or that goes on with the optimizer's memory and the
    /// average to be put in.
    ///
    /// # Errors
    /// If the recipe speaks of parameters or parts that the model does not have.
    pub fn around(
        model: Model,
        recipe: &Recipe,
        config: &ModelConfig,
        image: ImageSpec,
    ) -> Result<Self> {
        let treatments = recipe.optimizer.treatments(&model, config, image)?;
        Ok(Self {
            optimizer: recipe.optimizer.init(&treatments),
            average: recipe.optimizer.average.map(|_| Average::of(&model)),
            seam: recipe.run.recompute.seam(&model, config)?,
            treatments,
            model,
        })
    }

    /// Takes the `step`th step, where the schedule multiplies all learning rates by `factor`.
    pub fn update(
        &mut self,
        recipe: &Recipe,
        gradients: GradientsParams,
        factor: f64,
        step: usize,
    ) {
        let optimizer = &recipe.optimizer;
        let gradients = match optimizer.clip {
            Some(longest) => clipped(gradients, &self.model, longest),
            None => gradients,
        };
        let rates = optimizer.rates(&self.treatments, factor);
        let model = self.model.clone();
        self.model = self.optimizer.step(rates, model, gradients);
        if let (Some(average), Some(decay)) = (&mut self.average, optimizer.average) {
            average.follow(&self.model, decay, step);
        }
    }

    /// The model that answers, without derivatives: the average, if there is one.
    pub fn answering(&self) -> Model {
        match &self.average {
            Some(average) => average.model.clone(),
            None => self.model.valid(),
        }
    }
}
