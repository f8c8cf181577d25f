//! A public interface with protected functions in it: documented, and nothing undocumented beside.

use std::sync::Arc;

use cb_runtime::{CircuitError, circuit_breaker};

/// Why the shop has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ShopError {
    /// Nobody has heard of the article.
    #[error("no article {0}")]
    Unknown(u32),
    /// The warehouse is not there.
    #[error(transparent)]
    Unavailable(#[from] CircuitError),
}

/// What an article costs.
///
/// # Errors
/// An unknown article.
#[circuit_breaker(name = "shop.price", failure_threshold = 2, fallback = list_price)]
pub async fn price(article: u32) -> Result<u32, ShopError> {
    tokio::task::yield_now().await;
    if article == 0 { Err(ShopError::Unknown(article)) } else { Ok(article * 10) }
}

/// What it says in the catalogue.
///
/// # Errors
/// None.
pub fn list_price(article: u32) -> Result<u32, ShopError> {
    Ok(article * 10 + 99)
}

/// A warehouse.
#[derive(Clone, Debug, Default)]
pub struct Warehouse {
    stock: Vec<u32>,
}

impl Warehouse {
    /// How many there are.
    ///
    /// # Errors
    /// An unknown article.
    #[circuit_breaker(name = "shop.stock", critical, service_type = "warehouse")]
    pub async fn stock(&self, article: u32) -> Result<u32, ShopError> {
        tokio::task::yield_now().await;
        usize::try_from(article)
            .ok()
            .and_then(|place| self.stock.get(place).copied())
            .ok_or(ShopError::Unknown(article))
    }

    /// Puts some on the shelf.
    ///
    /// # Errors
    /// An unknown article.
    #[circuit_breaker(name = "shop.put", fallback = Self::grow)]
    pub fn put(&mut self, article: usize, number: u32) -> Result<u32, ShopError> {
        let unknown = || ShopError::Unknown(u32::try_from(article).unwrap_or(u32::MAX));
        let stock = self.stock.get_mut(article).ok_or_else(unknown)?;
        *stock += number;
        Ok(*stock)
    }

    /// Makes room on the shelf first.
    ///
    /// # Errors
    /// None.
    pub fn grow(&mut self, article: usize, number: u32) -> Result<u32, ShopError> {
        self.stock.resize(self.stock.len().max(article + 1), 0);
        self.stock[article] = number;
        Ok(number)
    }

    /// Everything at once.
    ///
    /// # Errors
    /// The breaker's answer.
    #[circuit_breaker(name = "shop.all")]
    pub async fn all(self: Arc<Self>) -> Result<Vec<u32>, ShopError> {
        tokio::task::yield_now().await;
        Ok(self.stock.clone())
    }
}

/// What shops have in common.
pub trait Opening {
    /// When it opens.
    fn opens(&self) -> impl Future<Output = Result<u8, ShopError>> + Send;
}

impl Opening for Warehouse {
    #[circuit_breaker(name = "shop.opens")]
    async fn opens(&self) -> Result<u8, ShopError> {
        tokio::task::yield_now().await;
        Ok(if self.stock.is_empty() { 9 } else { 7 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::{counts, send};

    #[tokio::test]
    async fn a_public_function_is_protected_as_any_other() {
        assert_eq!(send(price(2)).await.ok(), Some(20));
        for _ in 0..3 {
            assert_eq!(price(0).await.ok(), Some(99));
        }
        assert_eq!(counts("shop.price"), [1, 2, 0, 1, 3]);
    }

    #[tokio::test]
    async fn and_a_public_method() {
        let mut shop = Warehouse { stock: vec![5] };
        assert_eq!(send(shop.stock(0)).await.ok(), Some(5));
        assert!(matches!(shop.stock(1).await, Err(ShopError::Unknown(1))));
        assert_eq!(counts("shop.stock"), [1, 1, 0, 0, 0]);
        assert_eq!(shop.put(0, 2).ok(), Some(7));
        assert_eq!(shop.put(2, 3).ok(), Some(3));
        assert_eq!(counts("shop.put"), [1, 1, 0, 0, 1]);
        assert_eq!(send(shop.opens()).await.ok(), Some(7));
        assert_eq!(send(Arc::new(shop).all()).await.ok(), Some(vec![7, 0, 3]));
    }
}
