//! The one table of the API's routes and of the role that each needs. What is not in it does not exist.

use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodFilter, on};
use http::Method;
use wire::{Role, Scope};

use super::{caller, once, scopes, unchanged};
use crate::App;

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Anybody: it is how one gets in, or says nothing of anybody.
    Nothing,
    /// Somebody with at least this role in their workspace.
    Role(Role),
}

/// One route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Its method.
    pub method: Method,
    /// Its path as the router has it: `/v3/campaigns/{id}`.
    pub path: &'static str,
    /// Who may use it.
    pub needs: Needs,
    /// What a token that is narrowed needs for it; nothing where any will do, or none is asked for.
    pub scope: Option<Scope>,
}

/// The table as it is built: every line becomes a route behind its gate.
pub(super) struct Routes {
    app: Arc<App>,
    router: Router<Arc<App>>,
    table: Vec<Route>,
}

impl Routes {
    pub(super) fn of(app: Arc<App>) -> Routes {
        Routes { app, router: Router::new(), table: Vec::new() }
    }

    pub(super) fn get<H, T>(self, path: &'static str, needs: Needs, handler: H) -> Routes
    where
        H: Handler<T, Arc<App>>,
        T: 'static,
    {
        self.add(MethodFilter::GET, Method::GET, path, needs, handler)
    }

    pub(super) fn post<H, T>(self, path: &'static str, needs: Needs, handler: H) -> Routes
    where
        H: Handler<T, Arc<App>>,
        T: 'static,
    {
        self.add(MethodFilter::POST, Method::POST, path, needs, handler)
    }

    pub(super) fn put<H, T>(self, path: &'static str, needs: Needs, handler: H) -> Routes
    where
        H: Handler<T, Arc<App>>,
        T: 'static,
    {
        self.add(MethodFilter::PUT, Method::PUT, path, needs, handler)
    }

    pub(super) fn patch<H, T>(self, path: &'static str, needs: Needs, handler: H) -> Routes
    where
        H: Handler<T, Arc<App>>,
        T: 'static,
    {
        self.add(MethodFilter::PATCH, Method::PATCH, path, needs, handler)
    }

    pub(super) fn delete<H, T>(self, path: &'static str, needs: Needs, handler: H) -> Routes
    where
        H: Handler<T, Arc<App>>,
        T: 'static,
    {
        self.add(MethodFilter::DELETE, Method::DELETE, path, needs, handler)
    }

    fn add<H, T>(mut self, filter: MethodFilter, method: Method, path: &'static str, needs: Needs, handler: H) -> Routes
    where
        H: Handler<T, Arc<App>>,
        T: 'static,
    {
        let route = on(filter, handler);
        let route = if unchanged::is_told(path) { route.route_layer(from_fn(unchanged::tell)) } else { route };
        let is_kept = method == Method::POST && needs != Needs::Nothing && once::is_kept(path);
        let route = match is_kept {
            true => route.route_layer(from_fn_with_state(Arc::clone(&self.app), once::once)),
            false => route,
        };
        let (route, scope) = match needs {
            Needs::Nothing => (route, None),
            Needs::Role(role) => {
                let scope = scopes::of(&method, path);
                let gate = from_fn_with_state((Arc::clone(&self.app), role, scope), caller::admit);
                (route.route_layer(gate), scope)
            }
        };
        self.router = self.router.route(path, route);
        self.table.push(Route { method, path, needs, scope });
        self
    }

    pub(super) fn into_parts(self) -> (Router<Arc<App>>, Vec<Route>) {
        (self.router, self.table)
    }
}
